import pytest

from function_host.errors import AppNotFound, ConfigError
from function_host.exit_codes import exit_code
from function_host.scoring.errors import EntryScriptError
from triggers.errors import ConnectionNotConfigured


def raising(error: BaseException):
    def work() -> int:
        raise error

    return work


def test_work_that_ends_well_says_its_own_code():
    assert exit_code(lambda: 130) == 130


@pytest.mark.parametrize(
    ("error", "code"),
    [(EntryScriptError("x"), 5), (AppNotFound("x"), 3), (ConfigError("x"), 3), (ConnectionNotConfigured("x"), 3)],
)
def test_each_kind_of_error_has_its_code_and_is_told(error, code, capsys):
    assert exit_code(raising(error)) == code
    assert capsys.readouterr().err == "x\n"


def test_what_nobody_foresaw_is_not_hidden():
    with pytest.raises(KeyError):
        exit_code(raising(KeyError("x")))
