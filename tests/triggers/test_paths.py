"""triggers.paths"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.errors import InvalidPath
from triggers.paths import BlobPath, fill_text


@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        ("input/{blobname}.json", "input/a.json", {"blobname": "a"}),
        ("input/{blobname}.json", "input/a/b/x.json", {"blobname": "a/b/x"}),
        ("input/{blobname}.json", "input/.json", {"blobname": ""}),
        ("input/{blobname}.json", "input/x.JSON", None),
        ("input/{blobname}.json", "other/x.json", None),
        ("input/{blobname}.json", "input/x.json.bak", None),
        ("input/{n}.json", "input/a\nb.json", {"n": "a\nb"}),
        ("ccc/{blobname}.{ext}", "ccc/a.tar.gz", {"blobname": "a.tar", "ext": "gz"}),
        ("ccc/{a}/{b}", "ccc/x/y/z", {"a": "x/y", "b": "z"}),
        ("ccc/{{{a}}}", "ccc/{x}", {"a": "x"}),
        ("ccc/fixed.json", "ccc/fixed.json", {}),
        ("ccc/fixed.json", "ccc/fixedXjson", None),
        ("ccc", "ccc/any/thing", {}),
        ("ccc", "cccc/any", None),
        ("$root/{n}", "$root/x", {"n": "x"}),
    ],
)
def test_match_captures_as_azure_does(pattern: str, path: str, captures: dict[str, str] | None):
    assert BlobPath.parse_trigger(pattern).match(path) == captures


@pytest.mark.parametrize(
    "pattern",
    ["", "samples/", "{c}/x", "In/{x}", "a/x", "ccc/{}", "ccc/{a", "ccc/a}", "ccc/{a b}", "ccc/{a.b}", "ccc/{a}{A}",
     "ccc/{date:yyyy}", "a--b/x", "-abc/x"],
)  # fmt: skip
def test_bad_trigger_paths_are_refused_by_name(pattern: str):
    with pytest.raises(InvalidPath, match=r"path|container"):
        BlobPath.parse_trigger(pattern)


@pytest.mark.parametrize("path", ["output", "output/", "/x", "Output/x", "ouput/{", "output/{}"])
def test_bad_output_paths_are_refused(path: str):
    with pytest.raises(InvalidPath):
        BlobPath.parse(path)


def test_fill_ignores_case_and_looks_into_properties():
    path = BlobPath.parse("out/{BlobName}-{Properties.contentlength}-{flag}.txt")
    values = {"blobname": "a/b", "Properties": {"ContentLength": 7}, "flag": True}
    assert path.fill(values) == ("out", "a/b-7-true.txt")


def test_fill_may_choose_the_container():
    assert BlobPath.parse("{where}/x").fill({"where": "some-place"}) == ("some-place", "x")


def test_fill_names_what_is_missing_and_what_is_known():
    with pytest.raises(InvalidPath, match=r"\{nme\}.*'output/\{nme\}'.*Uri, name"):
        BlobPath.parse("output/{nme}").fill({"name": "x", "Uri": "u"})


@pytest.mark.parametrize("value", [["a"], {"a": 1}, b"x"])
def test_fill_refuses_what_is_no_plain_value(value: object):
    with pytest.raises(InvalidPath, match="not text or a number"):
        BlobPath.parse("output/{x}").fill({"x": value})


@pytest.mark.parametrize("name", ["a.", "a/", "a\\b", "x" * 1025, ""])
def test_fill_refuses_names_azure_would_not_take(name: str):
    with pytest.raises(InvalidPath, match="no blob path"):
        BlobPath.parse("output/{x}").fill({"x": name})


def test_fill_makes_a_new_guid_each_time():
    path = BlobPath.parse("output/{rand-guid}-{rand-guid:N}")
    assert path.fill({}) != path.fill({})


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("input/{n}.json", "output/{n}_out.json", False),
        ("data/{n}.json", "data/{n}_out.json", True),
        ("data/{n}.json", "data/{n}.txt", False),
        ("data/in/{n}", "data/out/{n}", False),
        ("data/{n}.json", "data/out/{n}.json", True),
        ("data", "data/x", True),
        ("data/a.json", "data/a.json", True),
        ("data/a.json", "data/b.json", False),
        ("data/{a}x{b}", "data/yyy", False),
        ("data/{a}x{b}", "data/yxy", True),
    ],
)
def test_overlaps(first: str, second: str, overlap: bool):
    one, other = BlobPath.parse_trigger(first), BlobPath.parse(second)
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


LITERALS = st.text(st.sampled_from("ab./_-{}"), max_size=4)
VALUES = st.text(st.characters(blacklist_characters="\n\\", blacklist_categories=["Cs"]), max_size=8)


def pattern_of(literals: list[str]) -> str:
    parts = [part.replace("{", "{{").replace("}", "}}") for part in literals]
    return "ccc/" + "".join(f"{part}{{n{index}}}" for index, part in enumerate(parts)) + "end"


@given(st.lists(LITERALS, min_size=1, max_size=4), st.lists(VALUES, min_size=4, max_size=4))
def test_what_is_filled_matches_and_fills_the_same_again(literals: list[str], values: list[str]):
    path = BlobPath.parse_trigger(pattern_of(literals))
    filled = "/".join(path.fill({f"n{index}": value for index, value in enumerate(values)}))
    captures = path.match(filled)
    assert captures is not None
    assert "/".join(path.fill(captures)) == filled


@given(LITERALS, VALUES)
def test_one_capture_comes_back_exactly(literal: str, value: str):
    path = BlobPath.parse_trigger(pattern_of([literal]))
    assert path.match("/".join(path.fill({"n0": value}))) == {"n0": value}


@given(st.lists(LITERALS, min_size=1, max_size=3), st.lists(VALUES, min_size=3, max_size=3))
def test_a_path_overlaps_every_path_it_matches(literals: list[str], values: list[str]):
    path = BlobPath.parse_trigger(pattern_of(literals))
    filled = "/".join(path.fill({f"n{index}": value for index, value in enumerate(values)}))
    fixed = BlobPath.parse(filled.replace("{", "{{").replace("}", "}}"))
    assert path.overlaps(fixed)
    assert path.prefix == "" or filled.startswith(f"ccc/{path.prefix}")


def test_any_text_is_filled_as_a_path_is():
    assert fill_text("q-{A}-{{x}}", {"a": 1}) == "q-1-{x}"
    with pytest.raises(InvalidPath, match=r"No value for \{b\} in 'q-\{b\}'; the known names are a"):
        fill_text("q-{b}", {"a": 1})
