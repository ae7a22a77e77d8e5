import hashlib
from importlib.metadata import version

import pytest

from packager import BuildFailed, InvalidPackageRequest, package
from packager.errors import UnresolvedRequirement
from packager.locking import lock_requirements, locked_versions
from packager.locking_target import WheelTarget
from packager.staging.requirements import runtime_requirements
from tests.packager.wheels import add_wheel

TARGET = WheelTarget(python_version="3.11", machine="x86_64", glibc=36)


def lock(tmp_path, *lines: str, target: WheelTarget = TARGET) -> str:
    file = tmp_path / "requirements.txt"
    file.write_text("".join(f"{line}\n" for line in lines))
    return lock_requirements(file, target)


@pytest.mark.process
def test_everything_is_there_with_version_hash_and_who_wants_it(index, tmp_path):
    add_wheel(index, "top", "py3-none-any", "bottom")
    add_wheel(index, "bottom", "py3-none-any")
    digest = hashlib.sha256((index / "bottom-1.0-py3-none-any.whl").read_bytes()).hexdigest()

    text = lock(tmp_path, "top")

    assert text.startswith("# Python 3.11 on linux/x86_64 with glibc 2.36\n")
    assert f"bottom==1.0 \\\n    --hash=sha256:{digest}\n    # via top" in text
    assert lock(tmp_path, "top") == text
    (tmp_path / "requirements.lock").write_text(text)
    assert locked_versions(tmp_path / "requirements.lock") == {"bottom": "1.0", "top": "1.0"}


@pytest.mark.process
def test_markers_are_those_of_the_image_not_of_this_python(index, tmp_path):
    add_wheel(index, "top", "py3-none-any", "old; python_version < '3.12'", "arm; platform_machine == 'aarch64'")
    add_wheel(index, "old", "py3-none-any")
    add_wheel(index, "arm", "py3-none-any")
    there = WheelTarget(python_version="3.12", machine="aarch64", glibc=36)

    assert ("old==" in lock(tmp_path, "top"), "arm==" in lock(tmp_path, "top")) == (True, False)
    assert ("old==" in lock(tmp_path, "top", target=there), "arm==" in lock(tmp_path, "top", target=there)) == (
        False,
        True,
    )


@pytest.mark.process
@pytest.mark.parametrize(
    "tag", ["cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_39_x86_64", "cp312-cp312-linux_x86_64"]
)
def test_a_wheel_that_does_not_fit_is_named_with_who_wants_it(index, tmp_path, tag):
    add_wheel(index, "top", "py3-none-any", "fast")
    add_wheel(index, "fast", tag)

    with pytest.raises(
        UnresolvedRequirement, match=r"no wheel of 'fast', wanted by 'top', for Python 3\.11 on linux/x86_64"
    ):
        lock(tmp_path, "top")


@pytest.mark.process
def test_what_has_source_only_is_named(index, tmp_path):
    (index / "source-1.0.tar.gz").write_bytes(b"")

    with pytest.raises(UnresolvedRequirement, match=r"no wheel of 'source', which the environment names, for"):
        lock(tmp_path, "source")

    (index / "source-2.0.tar.gz").write_bytes(b"")
    with pytest.raises(UnresolvedRequirement, match=r"no wheel of 'source', which the environment names, for"):
        lock(tmp_path, "source")


@pytest.mark.process
def test_what_does_not_exist_is_named_with_who_wants_it(index, tmp_path):
    add_wheel(index, "lonely", "py3-none-any", "missing>=2")

    with pytest.raises(UnresolvedRequirement, match=r"no package 'missing', wanted by 'lonely', in the index"):
        lock(tmp_path, "lonely")


@pytest.mark.process
def test_requirements_that_exclude_each_other_are_shown(index, tmp_path):
    add_wheel(index, "bottom", "py3-none-any")

    with pytest.raises(UnresolvedRequirement, match=r"(?s)bottom>=2.*cannot be met together"):
        lock(tmp_path, "bottom>=2")


@pytest.mark.process
def test_an_index_that_cannot_be_asked_is_another_failure(index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(BuildFailed, match=r"(?s)127\.0\.0\.1:9.*could not be looked up"):
        lock(tmp_path, "--index-url http://127.0.0.1:9/simple", "top")


@pytest.mark.process
def test_options_stay_at_the_top(index, tmp_path):
    add_wheel(index, "top", "py3-none-any")

    assert lock(tmp_path, f"--find-links {index}", "--pre", "top").splitlines()[1:3] == [
        f"--find-links {index}",
        "--pre",
    ]


@pytest.fixture
def runtime(index) -> None:
    """What host and triggers need is in the index too."""
    for requirement in runtime_requirements([]):
        add_wheel(index, requirement.name.replace("-", "_"), "py3-none-any", version=version(requirement.name))


@pytest.mark.process
@pytest.mark.usefixtures("runtime")
def test_a_context_is_locked_for_the_platform_that_was_named(index, inference_config, environment, tmp_path):
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_aarch64")
    environment.python.conda_dependencies.add_pip_package("fast")

    package(None, [], inference_config, generate_dockerfile=True, context=tmp_path / "out", lock="linux/arm64")

    versions = locked_versions(tmp_path / "out" / "requirements.lock")
    assert versions["fast"] == "1.0"
    assert versions["uvicorn"] == version("uvicorn")
    assert "requirements.lock" in (tmp_path / "out" / "Dockerfile").read_text()


@pytest.mark.process
@pytest.mark.usefixtures("runtime")
def test_a_context_that_cannot_be_locked_is_not_left(index, inference_config, environment, tmp_path):
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_aarch64")
    environment.python.conda_dependencies.add_pip_package("fast")

    with pytest.raises(UnresolvedRequirement, match="no wheel of 'fast', which the environment names"):
        package(None, [], inference_config, generate_dockerfile=True, context=tmp_path / "out", lock="linux/amd64")

    assert not (tmp_path / "out").exists()


def test_an_image_needs_no_lock_argument(inference_config):
    with pytest.raises(InvalidPackageRequest, match="lock='linux/amd64' is for a build context"):
        package(None, [], inference_config, lock="linux/amd64")
