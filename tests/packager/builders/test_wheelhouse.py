import base64
import hashlib

import pytest

from packager import BuildFailed
from packager.builders.wheelhouse import download_wheels
from packager.locking_target import WheelTarget
from tests.packager.wheels import add_wheel
from tests.support.scripted_server import Reply, scripted

pytestmark = pytest.mark.process


def download(tmp_path, text: str, architecture: str = "amd64", python: str = "3.11") -> list[str]:
    requirements, wheels = tmp_path / "requirements.txt", tmp_path / "wheels"
    requirements.write_text(text)
    lines: list[str] = []
    target = WheelTarget.of(python, f"linux/{architecture}", "python:3.11-slim")
    download_wheels(requirements, wheels, target, lines.append)
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

    with pytest.raises(BuildFailed, match=r"no wheel of 'fast==1\.0' for Python 3\.11 on linux/x86_64") as caught:
        download(tmp_path, "fast==1.0\n")

    assert "fast" in caught.value.log


def test_any_other_failure_shows_what_pip_said(index, tmp_path):
    (index / "odd-1.0-py3-none-any.whl").write_text("no wheel at all")

    with pytest.raises(BuildFailed, match=r"(?s)odd.*pip's output says why"):
        download(tmp_path, "odd\n")


def lock_of(index, *names: str) -> str:
    lines = []
    for name in names:
        (wheel,) = index.glob(f"{name}-1.0-*")
        lines.append(f"{name}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    return "".join(f"{line}\n" for line in lines)


def download_locked(tmp_path, text: str) -> list[str]:
    lock, wheels = tmp_path / "requirements.lock", tmp_path / "wheels"
    lock.write_text(text)
    download_wheels(lock, wheels, WheelTarget.of("3.11", "linux/amd64", ""), [].append)
    return sorted(path.name for path in wheels.iterdir())


def test_of_a_lock_comes_what_it_names_and_nothing_else(index, tmp_path):
    add_wheel(index, "top", "py3-none-any", "bottom; python_version < '3'")
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_x86_64")

    assert download_locked(tmp_path, lock_of(index, "top", "fast")) == [
        "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "top-1.0-py3-none-any.whl",
    ]


def test_a_wheel_that_is_not_the_locked_one_is_refused(index, tmp_path):
    add_wheel(index, "top", "py3-none-any")
    text = lock_of(index, "top")
    add_wheel(index, "top", "py3-none-any", "changed")

    with pytest.raises(BuildFailed, match=r"(?s)HASHES.*pip's output says why"):
        download_locked(tmp_path, text)


def test_an_index_is_asked_with_the_credentials_that_the_requirements_lack(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "private-wheels").mkdir()
    add_wheel(tmp_path / "private-wheels", "own", "py3-none-any")
    add_wheel(tmp_path, "fast", "py3-none-any")
    name, lines = "fast-1.0-py3-none-any.whl", list[str]()
    replies = {
        "/simple/fast/": Reply(headers={"Content-Type": "text/html"}, body=f'<a href="/{name}">{name}</a>'.encode()),
        f"/{name}": Reply(body=(tmp_path / name).read_bytes()),
    }
    requirements = tmp_path / "requirements.txt"
    with scripted(replies) as server:
        clean, whole = f"http://{server.address}/simple", f"http://ann:s3cret@{server.address}/simple"
        requirements.write_text(f"--index-url {clean}\n--find-links private-wheels\nfast\nown\n")
        target = WheelTarget.of("3.11", "linux/amd64", "")
        download_wheels(requirements, tmp_path / "wheels", target, lines.append, {clean: whole})

    assert sorted(path.name for path in (tmp_path / "wheels").iterdir()) == [name, "own-1.0-py3-none-any.whl"]
    assert server.asked[0].headers["Authorization"] == "Basic " + base64.b64encode(b"ann:s3cret").decode()
    assert "s3cret" not in "".join(lines) + requirements.read_text()
