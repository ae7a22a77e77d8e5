import pytest

from packager import InvalidModel
from packager.models import MemoryModelRegistry
from packager.models.contract import ModelDetails
from packager.models.finding import carries, matching_versions


@pytest.fixture
def registry(model_file):
    registry = MemoryModelRegistry()
    registry.register("a", model_file, ModelDetails(tags={"k": "1"}, properties={"p": "1"}, run_id="r"))
    registry.register("a", model_file, ModelDetails(tags={"k": "2"}, datasets=(("train", "d"),)))
    registry.register("b", model_file, ModelDetails(tags={"other": "1"}, model_framework="Onnx"))
    return registry


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (None, ["a:2", "a:1", "b:1"]),
        ([], ["a:2", "a:1", "b:1"]),
        (["k"], ["a:2", "a:1"]),
        ([["k", "2"]], ["a:2"]),
        ([("k", 2)], ["a:2"]),
        ([["k"]], ["a:2", "a:1"]),
        (["k", ["k", "1"]], ["a:1"]),
        ({"k": "1"}, ["a:1"]),
        ({"k": 1}, ["a:1"]),
        ({"k": "1", "other": "1"}, []),
        (["nowhere"], []),
    ],
)
def test_tags(registry, tags, found):
    assert [version.id for version in matching_versions(registry, None, tags, None)] == found


def test_everything_else(registry):
    def ids(**wanted):
        return [version.id for version in matching_versions(registry, None, None, None, **wanted)]

    assert ids(run_id="r") == ["a:1"]
    assert ids(dataset_id="d") == ["a:2"]
    assert ids(model_framework="Onnx", run_id=None) == ["b:1"]
    assert ids(model_framework="Onnx", run_id="r") == []
    assert [version.id for version in matching_versions(registry, "a", None, ["p"])] == ["a:1"]


@pytest.mark.parametrize("wanted", ["k", [["a", "b", "c"]], [1]])
def test_what_is_no_filter_is_refused(registry, wanted):
    with pytest.raises(InvalidModel, match=r"A filter is a list such as"):
        carries(registry.get("a"), wanted, None)
