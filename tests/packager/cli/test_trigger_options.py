import pytest
import typer

from packager import InvalidPackageRequest
from packager.cli.trigger_options import trigger_table

NO_FLAGS = {"input_path": None, "auth_level": None}


def test_a_flag_goes_to_the_trigger_that_knows_it():
    flags = {"input_path": "input/{name}", "auth_level": "admin"}

    table = trigger_table(["http", "blob"], flags, [], None)

    assert table == {"http": {"auth_level": "admin"}, "blob": {"input_path": "input/{name}"}}


def test_any_option_can_be_given_by_its_name():
    table = trigger_table(["http"], NO_FLAGS, ["http.route=a=b"], functions=True)

    assert table == {"http": {"route": "a=b"}}


def test_no_trigger_is_a_web_service():
    assert trigger_table([], NO_FLAGS, [], functions=False) == {}
    assert trigger_table([], NO_FLAGS, [], None) == {}


def test_an_unknown_trigger_is_left_to_the_check_of_the_request():
    assert trigger_table(["htpp"], {"input_path": "x"}, [], None) == {"htpp": {}}


def test_a_flag_of_another_trigger_is_refused():
    with pytest.raises(InvalidPackageRequest, match="--input-path is an option of none of the triggers http"):
        trigger_table(["http"], {"input_path": "x"}, [], None)


def test_an_option_of_a_trigger_that_is_not_used_is_refused():
    with pytest.raises(InvalidPackageRequest, match=r"'blob\.input_path=x' is for a trigger"):
        trigger_table(["http"], NO_FLAGS, ["blob.input_path=x"], None)


@pytest.mark.parametrize(
    ("names", "flags", "pairs", "functions", "words"),
    [
        ([], NO_FLAGS, [], True, "--functions needs a --trigger"),
        (["http"], NO_FLAGS, [], False, "--web-service has no --trigger"),
        ([], {"input_path": "x"}, [], None, "--input-path belongs to a trigger"),
        ([], NO_FLAGS, ["http.route=x"], None, "http.route=x belongs to a trigger"),
        (["http"], NO_FLAGS, ["route=x"], None, "is not of the form"),
        (["http"], NO_FLAGS, ["http.route"], None, "is not of the form"),
    ],
)
def test_usage(names, flags, pairs, functions, words):
    with pytest.raises(typer.BadParameter, match=words):
        trigger_table(names, flags, pairs, functions)
