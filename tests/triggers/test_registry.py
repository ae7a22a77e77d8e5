import subprocess
import sys

import pytest

from triggers.errors import UnknownTrigger
from triggers.registry import adapters, by_binding_type, by_name, names


def test_adapters_are_found_by_both_of_their_names():
    for name, adapter in adapters().items():
        assert by_name(name) is adapter
        assert by_binding_type(adapter.binding_type.upper()) is adapter


def test_names_are_sorted():
    assert list(names()) == sorted(names())
    assert {"http", "blob"} <= set(names())


@pytest.mark.parametrize("find", [by_name, by_binding_type])
def test_an_unknown_trigger_is_told_with_those_there_are(find):
    with pytest.raises(UnknownTrigger, match=r"'pigeon'.*blob.*http"):
        find("pigeon")


@pytest.mark.process
@pytest.mark.parametrize("asking", ["by_name('http')", "by_binding_type('HttpTrigger')"])
def test_asking_for_one_trigger_loads_no_other(asking):
    code = f"import sys, triggers.registry as r; r.{asking}; print('triggers.blob' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
