import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from infra.errors import ProofImpossible
from infra.proof_environment import proof_python
from tests.packager.wheels import add_wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def app(folder: Path, *, requirements: str = "", lock: str | None = None, python: str = HERE) -> Path:
    (folder / ".python_packages/lib/site-packages/function_host").mkdir(parents=True, exist_ok=True)
    (folder / "packager.json").write_text(f'{{"pythonVersion": "{python}"}}')
    (folder / "requirements.txt").write_text(requirements)
    if lock is not None:
        (folder / "requirements.lock").write_text(lock)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(folder)), ("CONFIG_FILE", "/dev/null")):
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


@pytest.mark.parametrize(
    "requirements", ["", "pytest>=1\n", '# a comment\n--pre\nnowhere==1; python_version < "3"\npytest\n']
)
def test_this_interpreter_if_it_has_everything(tmp_path: Path, requirements: str) -> None:
    found = proof_python(app(tmp_path / "app", requirements=requirements), print)

    assert (found.executable, found.brings_no_host) == (Path(sys.executable), False)


@pytest.mark.process
def test_a_lock_is_taken_at_its_word(tmp_path: Path, index: Path) -> None:
    lock = (
        f"# Python {HERE} on linux/{platform.machine()} with glibc 2.36\npytest=={version('pytest')} \\\n    --hash=x\n"
    )
    assert proof_python(app(tmp_path / "app", lock=lock), print).executable == Path(sys.executable)

    other = lock.replace(f"pytest=={version('pytest')}", "pytest==0.0.1")
    with pytest.raises(ProofImpossible, match="No environment can be made"):
        proof_python(app(tmp_path / "app", lock=other), print)


def test_packages_of_another_machine_cannot_be_run_here(tmp_path: Path) -> None:
    lock = f"# Python {HERE} on linux/riscv64 with glibc 2.36\n"

    with pytest.raises(ProofImpossible, match="locked for linux/riscv64, and this machine is"):
        proof_python(app(tmp_path / "app", lock=lock), print)

    here = f"# Python {HERE} on linux/{platform.machine()} with glibc 2.36\n"
    assert proof_python(app(tmp_path / "app", lock=lock + here), print).executable == Path(sys.executable)


@pytest.mark.process
def test_an_environment_is_made_once_and_kept(tmp_path: Path, index: Path, cache: Path) -> None:
    add_wheel(index, "proofpkg", "py3-none-any", version="1.5")
    heard: list[str] = []
    folder = app(tmp_path / "app", requirements="proofpkg==1.5\n")

    first = proof_python(folder, heard.append)
    second = proof_python(folder, heard.append)

    assert first == second
    assert first.executable.is_relative_to(cache / "environments")
    assert first.executable.exists()
    assert first.brings_no_host
    assert len(heard) == 1
    (kept,) = (cache / "environments").iterdir()
    assert [path.name for path in kept.glob("lib/python*/site-packages/proofpkg-*")] == ["proofpkg-1.5.dist-info"]


@pytest.mark.process
def test_what_cannot_be_had_is_told_and_leaves_nothing(tmp_path: Path, index: Path, cache: Path) -> None:
    with pytest.raises(ProofImpossible, match="'nowhere', which the environment names, in the index"):
        proof_python(app(tmp_path / "app", requirements="nowhere==1\n"), print)
    assert not (cache / "environments").exists()


@pytest.mark.process
def test_another_python_that_is_not_here(tmp_path: Path, index: Path, cache: Path) -> None:
    with pytest.raises(ProofImpossible, match="No environment can be made for the app here"):
        proof_python(app(tmp_path / "app", python="3.99", lock=""), print)
    assert [*(cache / "environments").iterdir()] == []


def test_an_app_that_was_not_packaged_has_no_host_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("nowhere==1\n")

    assert proof_python(tmp_path, print).executable == Path(sys.executable)


@pytest.mark.process
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, index: Path, cache: Path) -> None:
    add_wheel(index, "proofpkg", "py3-none-any", version="1.5")
    cache.mkdir()
    (cache / "environments").write_text("in the way")

    with pytest.raises(ProofImpossible, match=r"cache/environments cannot be written \(File exists\)"):
        proof_python(app(tmp_path / "app", requirements="proofpkg==1.5\n"), print)
