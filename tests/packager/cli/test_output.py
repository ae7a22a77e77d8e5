import json

from packager.cli import output


def test_json_is_all_there_is_on_stdout(capsys):
    output.show_json({"a": [1]})
    output.note("by the way")

    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"a": [1]}
    assert captured.err == "by the way\n"


def test_an_error_comes_with_its_notes(capsys):
    error = ValueError("It is wrong.")
    error.add_note("Do it right.")

    output.show_error(error)

    assert capsys.readouterr().err == "It is wrong.\nDo it right.\n"


def test_no_colour_without_a_terminal(capsys):
    output.heading("Next steps:")

    assert capsys.readouterr().out == "Next steps:\n"
