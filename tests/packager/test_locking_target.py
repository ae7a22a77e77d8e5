import pytest

from packager import InvalidPackageRequest
from packager.locking_target import WheelTarget, glibc_of


@pytest.mark.parametrize(
    ("image", "minor"),
    [
        ("python:3.11-slim", 36),
        ("registry.example.com/python:3.12.4-slim", 36),
        ("python:3.11-slim-bullseye", 31),
        ("python:3.11-bookworm", 36),
        ("ubuntu:20.04", 31),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:1", 34),
        ("somebody/own:1", 31),
    ],
)
def test_the_glibc_of_an_image_is_never_taken_for_a_newer_one(image, minor):
    assert glibc_of(image) == minor


def test_the_target_in_the_tools_words():
    target = WheelTarget.of("3.12", "linux/arm64", "python:3.12-slim")

    assert str(target) == "Python 3.12 on linux/aarch64 with glibc 2.36"
    assert target.uv_options() == ["--python-version=3.12", "--python-platform=aarch64-manylinux_2_36"]
    assert {"--abi=cp312", "--platform=manylinux_2_17_aarch64", "--platform=linux_aarch64"} <= set(target.pip_options())
    assert "--platform=manylinux_2_37_aarch64" not in target.pip_options()


@pytest.mark.parametrize("platform", ["linux/s390x", "windows/amd64", "amd64"])
def test_an_unknown_platform_is_named(platform):
    with pytest.raises(InvalidPackageRequest, match=f"'{platform}' is not one of linux/aarch64, linux/amd64"):
        WheelTarget.of("3.11", platform, "")
