import pytest

from infra.errors import UnknownTarget
from infra.platforms.memory import open_memory
from infra.registry import platform_named, target_named, target_names


def test_every_target_has_its_name_a_platform_and_options_with_defaults():
    for name in target_names():
        target = target_named(name)
        assert target.name == name
        assert target.options() is not None
        if target.platform != "none":
            platform_named(target.platform)


def test_platforms_by_name():
    assert platform_named("memory") is open_memory


def test_what_is_not_there_is_told_with_what_is():
    with pytest.raises(UnknownTarget, match="no target 'moon'"):
        target_named("moon")
    with pytest.raises(UnknownTarget, match=r"there are .*memory"):
        platform_named("moon")
