import getpass
from types import SimpleNamespace

import pytest

from packager import InvalidModel
from packager.models import ResourceConfiguration, describing
from packager.models.contract import ModelDetails


def test_tags_are_text():
    assert describing.texts({"a": "x", "b": 1, "c": 0.5, "d": True}, "tags") == {
        "a": "x", "b": "1", "c": "0.5", "d": "True",
    }  # fmt: skip
    assert describing.texts(None, "tags") == {}


@pytest.mark.parametrize("values", [["a"], "a", {"a": None}, {"a": []}, {1: "a"}, {"": "a"}])
def test_anything_else_is_refused(values):
    with pytest.raises(InvalidModel, match="tags must be"):
        describing.texts(values, "tags")


def test_properties_are_added_and_never_changed():
    details = ModelDetails(properties={"a": "1"})

    assert describing.with_properties(details, {"b": 2, "a": 1}).properties == {"a": "1", "b": "2"}
    with pytest.raises(InvalidModel, match="Property 'a' is '1' and cannot become '2'"):
        describing.with_properties(details, {"a": "2"})


def test_datasets_are_pairs_of_purpose_and_id():
    data = SimpleNamespace(id="d-1")

    assert describing.dataset_pairs([("training", data), ["test", "d-2"]]) == (("training", "d-1"), ("test", "d-2"))
    assert describing.dataset_pairs(None) == ()


@pytest.mark.parametrize("datasets", ["training", ["training"], [("a", "b", "c")], [(1, "b")], SimpleNamespace(id="x")])
def test_other_datasets_are_refused(datasets):
    with pytest.raises(InvalidModel, match=r"datasets must be a list of \(purpose, dataset\) pairs"):
        describing.dataset_pairs(datasets)


def test_samples(tmp_path):
    (tmp_path / "sample.json").write_text('{"data": [1]}')

    assert describing.sample(None, "x") is None
    assert describing.sample({"data": [1.5]}, "x") == {"data": [1.5]}
    assert describing.sample(tmp_path / "sample.json", "x") == {"data": [1]}
    assert describing.sample(SimpleNamespace(id="d-1"), "x") == {"datasetId": "d-1"}


def test_samples_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InvalidModel, match=r"nowhere for sample_input_dataset cannot be read: No such file"):
        describing.sample(tmp_path / "nowhere", "sample_input_dataset")
    with pytest.raises(InvalidModel, match=r"bad\.json for x is not JSON"):
        describing.sample(tmp_path / "bad.json", "x")
    with pytest.raises(InvalidModel, match="x must be a JSON value"):
        describing.sample(object(), "x")
    with pytest.raises(InvalidModel, match="x must be a JSON value"):
        describing.sample(float("nan"), "x")
    with pytest.raises(InvalidModel, match="x has 1,048,578 bytes as JSON"):
        describing.sample("a" * (1 << 20), "x")


def test_resources():
    assert describing.resources(ResourceConfiguration(cpu=1, gpu=0)) == {"cpu": 1, "gpu": 0}
    assert describing.resources(None) == {}
    with pytest.raises(InvalidModel, match="resource_configuration must be"):
        describing.resources({"cpu": 1})  # type: ignore[arg-type]


def test_a_user_without_a_name_is_nobody(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 12345")

    assert describing.whoever_runs_this()
    monkeypatch.setattr(getpass, "getuser", nameless)
    assert describing.whoever_runs_this() is None
