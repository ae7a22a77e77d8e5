import azure.functions as func
import pytest

from function_host.errors import AppLoadError
from function_host.expressions import resolve
from function_host.functions import make_binding, make_function


def _function(path: str):
    def f(blob: func.InputStream) -> bytes:
        return b""

    raw = {"type": "blobTrigger", "name": "blob", "path": path, "connection": "C", "number": 5}
    return make_function("f", [make_binding("f", raw)], f)


@pytest.mark.parametrize(
    ("path", "settings", "resolved"),
    [
        ("in/{name}", {}, "in/{name}"),
        ("%FOLDER%/{name}", {"folder": "in"}, "in/{name}"),
        ("%a%/%b%", {"A": "x", "B": "y"}, "x/y"),
        ("%A:B%/x", {"A__B": "in"}, "in/x"),
    ],
)
def test_settings_are_filled_in(path, settings, resolved):
    function = resolve(_function(path), settings)
    assert function.trigger.options["path"] == resolved
    assert function.trigger.options["number"] == 5


def test_a_setting_that_is_not_there_is_named():
    with pytest.raises(AppLoadError, match=r"'%MISSING%' in the blobTrigger binding 'blob' of function 'f'"):
        resolve(_function("%MISSING%/x"), {})
