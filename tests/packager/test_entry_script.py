import pytest

from packager import InvalidEntryScript
from packager.entry_script import check_entry_script

GOOD = [
    "def init(): ...\ndef run(data): ...\n",
    "async def run(data): ...\nfrom setup import prepare as init\n",
    "from shared import *\n",
    "import init, run\n",
    "init = run = lambda *_: None\n",
    "try:\n    from fast import run\nexcept ImportError:\n    def run(data): ...\nif True:\n    def init(): ...\n",
    "class run: ...\ninit: object = print\n",
    "with open('x') as run:\n    pass\nfor init in (): pass\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_any_way_to_bind_init_and_run_is_accepted(tmp_path, text):
    script = tmp_path / "score.py"
    script.write_text(text)

    check_entry_script(script)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("def run(data): ...", r"does not define init\(\);"),
        ("def init(): ...", r"does not define run\(\);"),
        ("", r"init\(\) and run\(\)"),
        ("class Model:\n    def init(self): ...\n    def run(self, data): ...", r"init\(\) and run\(\)"),
        ("def outer():\n    init = run = 1", r"init\(\) and run\(\)"),
    ],
)
def test_what_is_missing_is_named(tmp_path, text, missing):
    script = tmp_path / "score.py"
    script.write_text(text)

    with pytest.raises(InvalidEntryScript, match=missing):
        check_entry_script(script)


def test_a_syntax_error_shows_the_users_line_before_our_sentence(tmp_path):
    script = tmp_path / "score.py"
    script.write_text("def init():\n    pass\n\ndef run(data:\n    return 1\n")

    with pytest.raises(InvalidEntryScript) as caught:
        check_entry_script(script)

    lines = str(caught.value).splitlines()
    assert lines[0] == f'  File "{script}", line 4'
    assert lines[1].strip() == "def run(data:"
    assert lines[2].strip() == "^"
    assert lines[3].startswith("SyntaxError: ")
    assert lines[4] == f"The entry script {script} is not valid Python; correct line 4 and package again."


def test_a_file_that_is_no_text_is_refused(tmp_path):
    script = tmp_path / "score.py"
    script.write_bytes(b"init = 1\x00")

    with pytest.raises(InvalidEntryScript, match="null bytes"):
        check_entry_script(script)


def test_a_run_without_an_argument_is_refused(tmp_path):
    (tmp_path / "score.py").write_text("def init(): pass\n\ndef run():\n    pass\n")

    with pytest.raises(InvalidEntryScript, match="line 3, takes no argument"):
        check_entry_script(tmp_path / "score.py")


def test_a_nul_byte_has_no_line_to_name(tmp_path):
    (tmp_path / "score.py").write_bytes(b"x = 1\0")

    with pytest.raises(InvalidEntryScript, match="correct the file"):
        check_entry_script(tmp_path / "score.py")
