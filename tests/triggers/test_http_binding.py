import pytest

from triggers.contract import Binding
from triggers.errors import InvalidOptions
from triggers.http_binding import auth_level, methods


def _binding(**options: object) -> Binding:
    return Binding(type="httpTrigger", name="req", direction="IN", options=options)


@pytest.mark.parametrize(
    ("options", "taken"), [({}, []), ({"methods": None}, []), ({"methods": []}, []), ({"methods": ["get"]}, ["get"])]
)
def test_methods_are_a_list_or_all(options, taken):
    assert list(methods(_binding(**options))) == taken


@pytest.mark.parametrize("value", ["get", 1, ["get", 1], {"get": True}])
def test_other_methods_are_refused(value):
    with pytest.raises(InvalidOptions, match=r"methods of the binding 'req' is .*; write a list of names"):
        methods(_binding(methods=value))


@pytest.mark.parametrize(
    ("options", "level"), [({}, "function"), ({"authLevel": None}, "function"), ({"authLevel": "ADMIN"}, "admin")]
)
def test_a_level_counts_in_any_case(options, level):
    assert auth_level(_binding(**options)) == level


def test_another_level_is_refused():
    with pytest.raises(InvalidOptions, match="authLevel of the binding 'req' is 'bogus'; write one of anonymous, f"):
        auth_level(_binding(authLevel="bogus"))
