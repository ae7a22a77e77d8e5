import inspect
from typing import get_args

import pytest

from packager.cli import flags
from packager.cli.package import package_command

FLAGS = {name: value for name, value in vars(flags).items() if name[0].isupper() and get_args(value)}


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_every_flag_explains_itself(name):
    _, option = get_args(FLAGS[name])

    assert option.help.endswith(".")


def test_every_flag_is_used():
    used = [parameter.annotation for parameter in inspect.signature(package_command).parameters.values()]

    assert all(flag in used for flag in FLAGS.values())
