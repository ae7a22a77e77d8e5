import pytest

from packager import InvalidModel, InvalidPackageRequest
from packager.models.refused import RefusedCalls


def test_each_says_why_and_what_to_do():
    with pytest.raises(InvalidPackageRequest, match=r"'p'.*no service.*docker run"):
        RefusedCalls.profile(None, "p", [], None, None)
    refused = RefusedCalls()
    refused.id = "m:1"
    with pytest.raises(InvalidModel, match=r"m:1 has no SAS URLs.*Call download\(\)"):
        refused.get_sas_urls()
