"""infra.emulators.service_bus.broker.duplicates"""

import uuid
from datetime import UTC, datetime

from infra.emulators.service_bus.broker.contract import Saved
from infra.emulators.service_bus.broker.duplicates import Duplicates
from infra.emulators.service_bus.broker.journal import NoJournal
from tests.infra.emulators.service_bus.broker.world import SECOND

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def window(seconds: int | None) -> Duplicates:
    return Duplicates("q", None if seconds is None else seconds * SECOND, NoJournal(), Saved())


def test_an_id_is_new_once_in_the_window() -> None:
    duplicates = window(10)

    assert duplicates.is_new("a", NOW)
    assert not duplicates.is_new("a", NOW + 9 * SECOND)
    assert duplicates.is_new("a", NOW + 10 * SECOND)


def test_the_window_begins_with_the_first_of_them() -> None:
    duplicates = window(10)
    duplicates.is_new("a", NOW)
    duplicates.is_new("a", NOW + 9 * SECOND)

    assert duplicates.is_new("a", NOW + 11 * SECOND)


def test_without_a_window_or_an_id_every_message_is_new() -> None:
    assert [window(None).is_new("a", NOW), window(None).is_new("a", NOW)] == [True, True]
    duplicates = window(10)
    assert [duplicates.is_new(None, NOW), duplicates.is_new(None, NOW)] == [True, True]


def test_ids_need_not_be_texts() -> None:
    duplicates, known = window(10), uuid.uuid4()

    assert duplicates.is_new(known, NOW)
    assert not duplicates.is_new(known, NOW)


def test_what_was_saved_is_known() -> None:
    duplicates = Duplicates("q", 10 * SECOND, NoJournal(), Saved(duplicates=[("a", NOW)]))

    assert not duplicates.is_new("a", NOW + SECOND)
    assert duplicates.is_new("a", NOW + 10 * SECOND)
