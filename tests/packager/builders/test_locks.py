import pytest

from packager.builders.locks import cached_lock, one_lock
from packager.errors import BuildFailed
from packager.locking_target import WheelTarget
from tests.packager.builders.bases import cache_in
from tests.packager.wheels import add_wheel

TARGET = WheelTarget(python_version="3.11", machine="x86_64", glibc=36)


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


@pytest.fixture
def requirements(index, tmp_path):
    add_wheel(index, "a", "py3-none-any")
    (tmp_path / "requirements.txt").write_text("a\n")
    return tmp_path / "requirements.txt"


@pytest.mark.process
def test_a_lock_is_reused_until_it_is_refreshed(cache, requirements, index):
    first = cached_lock(cache, requirements, TARGET)
    add_wheel(index, "a", "py3-none-any", version="2.0")

    assert cached_lock(cache, requirements, TARGET) == first
    assert "a==2.0" in cached_lock(cache, requirements, TARGET, refresh=True)
    assert "a==2.0" in cached_lock(cache, requirements, TARGET)


@pytest.mark.process
def test_other_requirements_targets_and_index_settings_are_other_locks(cache, requirements, index, monkeypatch):
    cached_lock(cache, requirements, TARGET)
    add_wheel(index, "a", "py3-none-any", version="2.0")

    newer = WheelTarget(python_version="3.11", machine="x86_64", glibc=40)
    assert "a==2.0" in cached_lock(cache, requirements, newer)
    requirements.write_text("a>=1\n")
    assert "a==2.0" in cached_lock(cache, requirements, TARGET)
    requirements.write_text("a\n")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"file://{index}")
    assert "a==2.0" in cached_lock(cache, requirements, TARGET)


@pytest.mark.process
def test_a_configuration_file_of_pip_counts(cache, requirements, index, monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    cached_lock(cache, requirements, TARGET)
    add_wheel(index, "a", "py3-none-any", version="2.0")

    config.write_text("[global]\nretries = 1\n")

    assert "a==2.0" in cached_lock(cache, requirements, TARGET)


@pytest.mark.process
def test_wheels_of_this_machine_are_looked_at_each_time(cache, requirements, index):
    requirements.write_text(f"--find-links {index}\na\n")
    cached_lock(cache, requirements, TARGET)
    add_wheel(index, "a", "py3-none-any", version="2.0")

    assert "a==2.0" in cached_lock(cache, requirements, TARGET)


def lock(target, *blocks):
    return f"# {target}\n--pre\n" + "".join(f"{block}\n" for block in blocks)


def test_one_lock_holds_the_hashes_of_all_platforms():
    amd64 = lock("amd64", "a==1 \\\n    --hash=sha256:1\n    # via b", "b==2 \\\n    --hash=sha256:3")
    arm64 = lock("arm64", "a==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2", "b==2 \\\n    --hash=sha256:3")

    both = one_lock([amd64, arm64], ["linux/amd64", "linux/arm64"])

    assert both == (
        "# amd64\n--pre\n# arm64\na==1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\nb==2 \\\n    --hash=sha256:3\n"
    )
    assert one_lock([amd64], ["linux/amd64"]) == amd64


def test_packages_that_only_one_platform_needs_are_named():
    with pytest.raises(BuildFailed, match=r"linux/amd64 and linux/arm64 need other packages \(b==2, b==3\)"):
        one_lock([lock("x", "a==1", "b==2"), lock("y", "a==1", "b==3")], ["linux/amd64", "linux/arm64"])
