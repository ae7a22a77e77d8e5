from pathlib import Path

import pytest

from packager import InvalidPackageRequest
from packager.models.contract import ModelDetails, ModelVersion
from packager.samples import MOST_BYTES, NO_SAMPLES, Sample, find_samples, read_sample


def model(**details: object) -> ModelVersion:
    return ModelVersion(name="m", version=1, path=Path("m"), sha256="", details=ModelDetails(**details))


@pytest.fixture
def script(tmp_path) -> Path:
    file = tmp_path / "score.py"
    file.write_text("def init(): ...\ndef run(data): ...\n")
    return file


@pytest.mark.parametrize(
    ("value", "content"),
    [({"a": 1}, b'{"a": 1}'), ([1], b"[1]"), (0, b"0"), ("text", b"text"), (b"\xff", b"\xff"), ("[1]", b"[1]")],
)
def test_values_text_and_bytes(value, content):
    assert read_sample(value, "sample_input") == Sample(content=content)


def test_a_path_is_read(tmp_path):
    (tmp_path / "s.json").write_bytes(b"[1]\n")

    assert read_sample(tmp_path / "s.json", "sample_input") == Sample(content=b"[1]\n")
    assert read_sample(None, "sample_input") is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Path("nowhere.json"), "The file nowhere.json for sample_input cannot be read: No such file"),
        (object(), "must be a JSON value, text, bytes or the Path of a file, not object"),
        ("\udcff", r"half character '\\udcff', which no UTF-8 has; give it as bytes"),
        (float("nan"), "must be a JSON value"),
        (b"x" * (MOST_BYTES + 1), "a sample may have 16,777,216 at most"),
    ],
)
def test_what_is_no_sample_is_refused(value, words):
    with pytest.raises(InvalidPackageRequest, match=words):
        read_sample(value, "sample_input")


def test_the_name_of_a_file_is_not_sent_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "s.json").write_text("1")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidPackageRequest, match=r"write sample_input=Path\('s\.json'\)"):
        read_sample("s.json", "sample_input")


@pytest.mark.parametrize("text", ["x" * 300, "x" * 100_000, "nul\0", "a\nb"])
def test_text_that_cannot_be_a_name_is_text(text):
    assert read_sample(text, "sample_input") == Sample(content=text.encode())


@pytest.mark.parametrize(("content", "name"), [(b"[1]", "sample_input.json"), (b"\xff\xd8", "sample_input.bin")])
def test_what_is_not_json_has_another_name(content, name):
    assert Sample(content=content).file_name("sample_input") == name


def test_what_is_given_comes_first(script):
    (script.parent / "sample_input.json").write_text("3")
    known = model(sample_input=2, sample_output=20)

    found = find_samples(1, None, [known], script)

    assert (found.input, found.output) == (Sample(content=b"1"), None)


def test_then_the_registration_with_its_output(script):
    (script.parent / "sample_input.json").write_text("3")

    found = find_samples(None, None, [model(), model(sample_input=2, sample_output=20)], script)

    assert (found.input, found.output) == (Sample(content=b"2"), Sample(content=b"20"))
    assert find_samples(None, 5, [model(sample_input=2, sample_output=20)], script).output == Sample(content=b"5")


def test_a_dataset_is_no_input(script):
    assert find_samples(None, None, [model(sample_input={"datasetId": "d"})], script) == NO_SAMPLES


def test_then_the_files_beside_the_script(script):
    (script.parent / "sample_output.json").write_text("30")
    assert find_samples(None, None, [], script) == NO_SAMPLES

    (script.parent / "sample_input.json").write_text("3")
    found = find_samples(None, None, [], script)
    assert (found.input, found.output) == (Sample(content=b"3"), Sample(content=b"30"))


def test_decorators_say_more_than_a_file(script):
    (script.parent / "sample_input.json").write_text("3")
    script.write_text("from inference_schema.schema_decorators import input_schema\n")

    assert find_samples(None, None, [], script) == NO_SAMPLES
