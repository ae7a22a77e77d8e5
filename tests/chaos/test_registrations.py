import pytest

from packager import Model
from tests.chaos.registrations import NAME, Plan, broken_promises, content, storm


@pytest.fixture(autouse=True)
def packager_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_HOME", str(tmp_path / "home"))


@pytest.mark.process
def test_registrations_from_three_processes(tmp_path):
    plan = Plan(processes=3, registrations=30, kills=1)

    report = storm(plan, str(tmp_path / "registry"), {}, tmp_path)

    assert report.broken == []
    assert report.versions == 30


def test_a_wrong_file_is_told(tmp_path):
    plan = Plan(share_of_equal=0)
    (tmp_path / "model.bin").write_bytes(content(plan, 1))
    good = Model.register(None, tmp_path / "model.bin", NAME, tags={"number": 1})
    wrong = Model.register(None, tmp_path / "model.bin", NAME, tags={"number": 2})

    assert broken_promises(plan, [good]) == []
    assert "shared:2" in broken_promises(plan, [wrong])[0]


def test_a_changed_file_is_told(tmp_path):
    plan = Plan()
    (tmp_path / "model.bin").write_bytes(content(plan, 1))
    model = Model.register(None, tmp_path / "model.bin", NAME, tags={"number": 1})
    model.path.chmod(0o644)
    model.path.write_bytes(b"changed")

    assert "was changed" in broken_promises(plan, [model])[0]


def test_some_contents_are_equal():
    plan = Plan()

    assert 2 < len({content(plan, number) for number in range(30)}) < 30
