import re

import pytest

from function_host.scoring.cors import cors_headers, matches

TWO = ("http://a", "http://b")
PREFLIGHT = {"origin": "http://a", "access-control-request-method": "post", "access-control-request-headers": "y, x"}


def asked(allowed, method="POST", **request):
    return dict(cors_headers(allowed, method, {name.replace("_", "-"): value for name, value in request.items()}))


def test_nothing_is_said_when_nothing_is_allowed():
    assert asked((), origin="http://a") == {}


def test_an_allowed_origin_is_echoed_in_its_own_case():
    assert asked(TWO, origin="HTTP://A") == {"Access-Control-Allow-Origin": "HTTP://A", "Vary": "Origin"}
    assert asked(("http://a",), origin="http://a") == {"Access-Control-Allow-Origin": "http://a"}


def test_any_other_origin_gets_nothing():
    assert asked(TWO, origin="http://c") == {}


def test_the_star_allows_everybody():
    assert asked(("*",), origin="http://c") == {"Access-Control-Allow-Origin": "http://c", "Vary": "Origin"}
    assert asked(("*",)) == {"Access-Control-Allow-Origin": "*"}


def test_a_pattern_allows_what_it_matches():
    assert asked((r"http://.*\.example",), origin="http://x.example")["Vary"] == "Origin"
    assert asked((r"http://.*\.example",), origin="http://x.other") == {}
    assert asked((r"http://.*\.example",)) == {}


def test_a_preflight_is_told_methods_and_headers():
    headers = dict(cors_headers(TWO, "OPTIONS", PREFLIGHT))
    assert headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert headers["Access-Control-Allow-Headers"] == "x, y"


def test_a_preflight_for_another_method_is_told_nothing_more():
    request = {**PREFLIGHT, "access-control-request-method": "PUT"}
    assert "Access-Control-Allow-Methods" not in dict(cors_headers(TWO, "OPTIONS", request))


def test_what_is_no_pattern_is_an_error():
    with pytest.raises(re.error):
        matches("(", "http://a")
