import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.oci.challenges import Challenge, parse_challenges

BEARER = 'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"'
PARAMETERS = {"realm": "https://auth.example/token", "service": "registry", "scope": "repository:a/b:pull,push"}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (BEARER, [("bearer", PARAMETERS)]),
        ('Basic realm="a, b"', [("basic", {"realm": "a, b"})]),
        ("BASIC REALM=x", [("basic", {"realm": "x"})]),
        (f'Basic realm="x", {BEARER}', [("basic", {"realm": "x"}), ("bearer", PARAMETERS)]),
        ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('Basic realm="say \\"x\\""', [("basic", {"realm": 'say "x"'})]),
        ("", []),
    ],
)
def test_challenges(header, found):
    assert parse_challenges(header) == [Challenge(scheme=scheme, parameters=table) for scheme, table in found]


@given(st.text())
def test_nothing_makes_it_fail(header):
    parse_challenges(header)
