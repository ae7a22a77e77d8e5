import pytest

from function_host.any_case import AnyCase, over


def test_names_are_found_in_any_case_and_listed_as_given():
    names = AnyCase({"RoutePrefix": "api"})
    assert names["routeprefix"] == names.get("ROUTEPREFIX") == "api"
    assert "routePrefix" in names
    assert dict(names) == {"RoutePrefix": "api"}
    assert repr(names) == "{'RoutePrefix': 'api'}"


def test_the_exact_name_comes_first():
    names = AnyCase({"http_proxy": "a", "HTTP_PROXY": "b"})
    assert (names["http_proxy"], names["HTTP_PROXY"]) == ("a", "b")


def test_a_name_that_is_not_there():
    with pytest.raises(KeyError):
        AnyCase({"a": 1})["b"]


def test_a_value_hides_the_default_of_its_name_in_any_case():
    assert dict(over({"NAME": 1}, {"Name": 2, "other": 3})) == {"NAME": 1, "other": 3}
