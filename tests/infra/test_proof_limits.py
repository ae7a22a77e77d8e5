import pytest

from infra.errors import InvalidRunRequest
from infra.proof_limits import KNOWN, limits_of
from packager.proof import Limits


def test_limits_by_name_and_by_hand() -> None:
    own = Limits(memory=1)

    assert limits_of(None) == (Limits(), "")
    assert limits_of(own) == (own, "the target")
    assert limits_of("functions_premium_ep1") == (KNOWN["functions_premium_ep1"], "functions_premium_ep1")
    assert KNOWN["functions_consumption"].memory == 1536 * 1024**2


def test_an_unknown_place_lists_the_known_ones() -> None:
    with pytest.raises(InvalidRunRequest, match="'moon' are not known; the known ones are app_service_b1, "):
        limits_of("moon")
