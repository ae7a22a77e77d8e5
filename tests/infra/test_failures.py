"""infra.failures"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.app_settings import CONNECTIONS
from infra.errors import NoSuchFailure
from infra.failures import failures, show_failure
from tests.support import failed
from triggers.blob_failures import failures_folder
from triggers.blob_receipts import CONTAINER


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    return failed.app_folder(tmp_path)


def test_an_app_that_gave_up_nothing(app: Path) -> None:
    assert failures(app) == []


def test_each_record_is_read(app: Path) -> None:
    failed.record(app, "two", "other/deep/ü b.txt", attempt=3)
    failed.record(app, "one", "input/a.txt")

    first, second = failures(app)

    assert (first.function, first.blob, first.etag, first.attempts) == ("one", "input/a.txt", '"0x1"', 5)
    assert (first.error, first.when) == ("ValueError: bad", datetime(2024, 5, 1, 8, tzinfo=UTC))
    assert (second.function, second.blob, second.attempts) == ("two", "other/deep/ü b.txt", 3)
    assert first.as_document()["traceId"] == "t"


def test_records_of_other_hosts_and_what_is_no_record_are_left_out(app: Path) -> None:
    host = failed.storage_of(app) / CONTAINER
    failed.record(app, "one", "input/a.txt", time="yesterday", attempt=None)
    failed.put(host / failures_folder("other", "one") / "input/b.txt", "{}")
    failed.put(host / failures_folder(failed.HOST_ID, "one") / "input/c.txt", "no JSON")
    failed.put(host / failures_folder(failed.HOST_ID, "one") / "input/d.txt", "[1]")

    (found,) = failures(app)

    assert found.blob == "input/a.txt"
    assert (found.when.year, found.attempts) == (1, 0)


def test_a_blob_is_shown_for_each_function_that_gave_it_up(app: Path) -> None:
    for function in ("one", "two"):
        failed.record(app, function, "input/a.txt")

    assert [one.function for one in show_failure(app, "input/a.txt")] == ["one", "two"]
    with pytest.raises(NoSuchFailure, match=r"No function gave up 'input/b\.txt'; write the name"):
        show_failure(app, "input/b.txt")
