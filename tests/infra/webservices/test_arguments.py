import re
from inspect import signature

import pytest

from infra import webservices
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs/reference/webservice-arguments.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+\.\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("call", SECTIONS)
def test_every_argument_has_its_row(call):
    owner, _, name = call.partition(".")
    found = signature(getattr(getattr(webservices, owner), name)).parameters
    rows = re.findall(r"^\| `(\w+)` \| (.{5,}) \|$", SECTIONS[call], re.MULTILINE)

    assert [argument for argument, _ in rows] == [argument for argument in found if argument != "self"]


def test_no_call_is_missing():
    calls = {
        f"{owner}.{name}"
        for owner in ("LocalWebservice", "AciWebservice", "AksWebservice", "AksEndpoint")
        for name in ("deploy_configuration", "update")
    }

    assert calls | {"AksEndpoint.create_version", "AksEndpoint.update_version"} == SECTIONS.keys()
