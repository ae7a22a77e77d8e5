from dataclasses import dataclass
from typing import Literal

import pytest

from infra.errors import InvalidDeployment
from infra.target_options import options_of


@dataclass(frozen=True, kw_only=True)
class Options:
    region: str = "here"
    sku: Literal["B1", "P1v3"] = "B1"
    keys: bool = False
    patience: float = 230.0
    replicas: int | None = None
    routes: tuple[str, ...] = ()


class Place:
    name = "place"
    platform = "memory"
    options = Options


def test_text_becomes_what_the_field_wants():
    found = options_of(
        Place(),
        {"region": "there", "sku": "P1v3", "keys": "true", "patience": "5", "replicas": "3", "routes": "a, b"},
    )
    assert found == Options(region="there", sku="P1v3", keys=True, patience=5.0, replicas=3, routes=("a", "b"))


def test_values_stay_what_they_are():
    assert options_of(Place(), {"keys": True, "replicas": None, "routes": ["a"]}) == Options(keys=True, routes=("a",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"regoin": "x"}, "did you mean 'region'"),
        ({"zzz": "x"}, "it has region, sku"),
        ({"sku": "B9"}, "one of 'B1', 'P1v3', not 'B9'"),
        ({"keys": "perhaps"}, "true or false, not 'perhaps'"),
        ({"patience": "long"}, "a number, not 'long'"),
        ({"replicas": True}, "a number, not True"),
        ({"region": 7}, "text, not 7"),
        ({"routes": 7}, "a list"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given, said):
    with pytest.raises(InvalidDeployment, match=said):
        options_of(Place(), given)
