"""triggers.blob_targets"""

import pytest

from triggers.blob_targets import OF_EACH_BLOB, OF_EACH_EVENT, refuse_loop, refuse_same, refuse_unknown_names
from triggers.errors import InvalidOptions
from triggers.paths import BlobPath

SOURCE = BlobPath.parse_trigger("input/{a}/{b}.json")


@pytest.mark.parametrize("target", ["input/x/{a}.json", "input/{b}/{datetime}{a}.json"])
def test_what_surely_comes_back_is_refused(target):
    with pytest.raises(InvalidOptions, match="answer itself without end"):
        refuse_loop("output", BlobPath.parse(target), SOURCE)


@pytest.mark.parametrize("target", ["input/{b}.json", "input/{a}/{b}", "{a}/{b}/c.json", "input/{a}/{b}.jsonx"])
def test_what_need_not_come_back_is_taken(target):
    refuse_loop("output", BlobPath.parse(target), SOURCE)


def test_names_are_those_of_the_path_the_host_and_the_blob():
    path = BlobPath.parse("out/{A}{sys.randguid}{blobtrigger}{metadata.x}")
    refuse_unknown_names("output", path, SOURCE, known=OF_EACH_EVENT)
    with pytest.raises(InvalidOptions, match=r"uses \{metadata.x\}, but .* has \{a\}, \{b\}; .* \{blobtrigger\}"):
        refuse_unknown_names("output", path, SOURCE, known=OF_EACH_BLOB)


@pytest.mark.parametrize(("other", "same"), [("out/{A}.x", True), ("out/{b}.x", False), ("out/{a:N}.x", False)])
def test_one_name_for_two_is_refused(other, same):
    if same:
        with pytest.raises(
            InvalidOptions, match=r"error_path 'out/\{a\}.x' and output_path 'out/\{A\}.x' are one blob"
        ):
            refuse_same("error_path", BlobPath.parse("out/{a}.x"), "output_path", BlobPath.parse(other))
    else:
        refuse_same("error_path", BlobPath.parse("out/{a}.x"), "output_path", BlobPath.parse(other))
