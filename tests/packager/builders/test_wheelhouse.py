import zipfile

import pytest

from packager import BuildFailed
from packager.builders.wheelhouse import download_wheels


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels that stands for the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def add_wheel(index, name: str, tag: str, requires: str = "") -> None:
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n" + (
        f"Requires-Dist: {requires}\n" if requires else ""
    )
    with zipfile.ZipFile(index / f"{name}-1.0-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")


def download(tmp_path, text: str, architecture: str = "amd64", python: str = "3.11") -> list[str]:
    requirements, wheels = tmp_path / "requirements.txt", tmp_path / "wheels"
    requirements.write_text(text)
    lines: list[str] = []
    download_wheels(requirements, wheels, python_version=python, architecture=architecture, log=lines.append)
    assert lines
    return sorted(path.name for path in wheels.iterdir())


@pytest.mark.parametrize(
    ("architecture", "python", "name"),
    [
        ("amd64", "3.11", "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"),
        ("arm64", "3.11", "fast-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"),
        ("amd64", "3.12", "fast-1.0-cp38-abi3-manylinux2014_x86_64.whl"),
    ],
)
def test_wheels_are_those_of_the_image_not_of_this_machine(index, tmp_path, architecture, python, name):
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_x86_64")
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_28_aarch64")
    add_wheel(index, "fast", "cp38-abi3-manylinux2014_x86_64")
    add_wheel(index, "fast", "cp311-cp311-win_amd64")

    assert download(tmp_path, "fast\n", architecture, python) == [name]


def test_what_a_requirement_requires_comes_too(index, tmp_path):
    add_wheel(index, "top", "py3-none-any", "bottom")
    add_wheel(index, "bottom", "py3-none-any")

    assert download(tmp_path, "top\n") == ["bottom-1.0-py3-none-any.whl", "top-1.0-py3-none-any.whl"]


def test_a_requirement_without_a_fitting_wheel_is_named(index, tmp_path):
    add_wheel(index, "fast", "cp311-cp311-win_amd64")

    with pytest.raises(BuildFailed, match=r"no wheel of 'fast==1\.0' for Python 3\.11 on linux/amd64") as caught:
        download(tmp_path, "fast==1.0\n")

    assert "fast" in caught.value.log


def test_any_other_failure_shows_what_pip_said(index, tmp_path):
    (index / "odd-1.0-py3-none-any.whl").write_text("no wheel at all")

    with pytest.raises(BuildFailed, match=r"(?s)odd.*pip's output says why"):
        download(tmp_path, "odd\n")


def test_an_unknown_machine_is_named(tmp_path):
    """Nothing is asked of pip then."""
    with pytest.raises(BuildFailed, match="'s390x' is not one of aarch64, amd64"):
        download(tmp_path, "x\n", "s390x")
