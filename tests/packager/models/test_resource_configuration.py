import pytest

from packager import InvalidModel
from packager.models import ResourceConfiguration


def test_it_comes_back():
    given = ResourceConfiguration(0.5, 1, 0)

    assert given.serialize() == {"cpu": 0.5, "memoryInGB": 1, "gpu": 0}
    assert ResourceConfiguration.deserialize(given.serialize()) == given
    assert ResourceConfiguration.deserialize({"cpu": 1}) == ResourceConfiguration(cpu=1)


@pytest.mark.parametrize("nothing", [None, {}])
def test_nothing_is_none(nothing):
    assert ResourceConfiguration.deserialize(nothing) is None


@pytest.mark.parametrize("given", [{"cpu": 0}, {"memory_in_gb": -1}, {"gpu": -1}, {"cpu": "1"}, {"gpu": True}])
def test_what_is_no_amount_is_refused(given):
    (name,) = given
    with pytest.raises(InvalidModel, match=f"{name} must be a number"):
        ResourceConfiguration(**given)
