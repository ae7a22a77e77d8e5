import pytest

from packager.builders.wheels import WheelSet, distribution_of, fetch_wheels, sound_wheels, wheel_files
from packager.errors import BuildFailed
from packager.locking import lock_requirements
from packager.locking_target import WheelTarget
from tests.packager.builders.bases import cache_in
from tests.packager.wheels import add_wheel

TARGET = WheelTarget(python_version="3.11", machine="x86_64", glibc=36)


@pytest.fixture
def cache(tmp_path):
    return cache_in(tmp_path)


@pytest.fixture
def lock(index, tmp_path):
    add_wheel(index, "plain", "py3-none-any")
    add_wheel(index, "fast", "cp311-cp311-manylinux_2_17_x86_64", "plain")
    (tmp_path / "requirements.txt").write_text("fast\n")
    text = lock_requirements(tmp_path / "requirements.txt", TARGET)
    (tmp_path / "requirements.lock").write_text(text)
    return tmp_path / "requirements.lock"


@pytest.mark.process
def test_the_wheels_of_a_lock_are_fetched_once(cache, lock, index):
    lines: list[str] = []
    first = fetch_wheels(cache, lock, TARGET, lines.append)
    for wheel in index.iterdir():
        wheel.unlink()

    assert fetch_wheels(cache, lock, TARGET, lines.append) == first
    assert sorted(first.wheels) == ["fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "plain-1.0-py3-none-any.whl"]
    assert [line for line in lines if line.startswith("Fetching")] == [f"Fetching wheels for {TARGET}"]
    assert list(cache.workshop().iterdir()) == []


@pytest.mark.process
def test_a_wheel_that_the_cache_spoilt_is_fetched_again(cache, lock):
    first = wheel_files(cache, lock, TARGET, [].append)
    good = first[0].read_bytes()
    first[0].write_bytes(b"spoilt")

    again = wheel_files(cache, lock, TARGET, [].append)

    assert again == first
    assert again[0].read_bytes() == good


@pytest.mark.process
def test_wheels_without_a_lock_are_looked_up_each_time(cache, lock, index):
    requirements = lock.with_name("requirements.txt")
    fetch_wheels(cache, requirements, TARGET, [].append)
    add_wheel(index, "fast", "py3-none-any", version="2.0")

    assert "fast-2.0-py3-none-any.whl" in fetch_wheels(cache, requirements, TARGET, [].append).wheels


@pytest.mark.process
def test_a_wheel_that_does_not_fit_is_named(cache, lock):
    arm64 = WheelTarget(python_version="3.11", machine="aarch64", glibc=36)

    with pytest.raises(BuildFailed, match=r"There is no wheel of 'fast==1\.0"):
        fetch_wheels(cache, lock, arm64, [].append)


@pytest.mark.process
def test_a_damaged_wheel_is_noticed_and_fetched_again(cache, lock):
    wheels = fetch_wheels(cache, lock, TARGET, [].append)
    files = sound_wheels(cache, wheels)
    assert files is not None
    files[0].write_bytes(b"damaged")

    assert sound_wheels(cache, wheels) is None
    assert sound_wheels(cache, fetch_wheels(cache, lock, TARGET, [].append)) == files


def test_the_key_is_of_the_wheels_alone():
    one = WheelSet(wheels={"a": "1", "b": "2"})

    assert one.key == WheelSet(wheels={"b": "2", "a": "1"}).key
    assert one.key != WheelSet(wheels={"a": "2", "b": "1"}).key


def test_a_wheel_says_its_distribution():
    assert distribution_of("scikit_learn-1.0-cp311-cp311-linux_x86_64.whl") == "scikit-learn"
