"""A journal in one SQLite file.

What was committed survives the end of the process by whatever signal. A loss of power may take the last moments: the
file is written in WAL mode with `synchronous=NORMAL`, which does not wait for the disk.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.broker.contract import Saved, State, Stored
from infra.emulators.service_bus.broker.errors import JournalFailed
from infra.emulators.service_bus.message import decode, encode

FILE_NAME = "service-bus.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    entity TEXT, number INTEGER, data BLOB, size INTEGER, state INTEGER, enqueued INTEGER, delivery_count INTEGER,
    scheduled_for INTEGER, expires_at INTEGER, dead_letter_source TEXT, enqueued_number INTEGER,
    PRIMARY KEY (entity, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS numbers (entity TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    entity TEXT, session TEXT, state BLOB, updated INTEGER, PRIMARY KEY (entity, session)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS duplicates (
    entity TEXT, at INTEGER, message TEXT, PRIMARY KEY (entity, at, message)
) WITHOUT ROWID;
"""
_PUT = "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NUMBER = """
INSERT INTO numbers VALUES (?, ?) ON CONFLICT (entity) DO UPDATE SET last = max(last, excluded.last)
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteJournal:
    """Entities by their names without regard to case. The folder is made; one process at a time opens it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, isolation_level=None, timeout=1)
            # A second emulator on the same file would hand out the same messages; it is refused at once.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._failed("opened", error) from error
        self._last: dict[str, int] = {}

    def load(self, entity: str) -> Saved:
        """What was committed before of that entity."""
        try:
            key = (entity.lower(),)
            last = self._db.execute("SELECT last FROM numbers WHERE entity = ?", key).fetchone()
            rows = self._db.execute("SELECT * FROM messages WHERE entity = ? ORDER BY number", key)
            states = self._db.execute("SELECT session, state, updated FROM sessions WHERE entity = ?", key)
            history = self._db.execute("SELECT message, at FROM duplicates WHERE entity = ? ORDER BY at", key)
            return Saved(
                messages=[_stored(row) for row in rows],
                last_sequence_number=last[0] if last else 0,
                session_states={session: (state, _moment(at)) for session, state, at in states},
                duplicates=[(message, _moment(at)) for message, at in history],
            )
        except (sqlite3.Error, DecodeError) as error:
            raise self._failed("read", error) from error

    def put(self, entity: str, stored: Stored) -> None:
        self._write(_PUT, _row(entity.lower(), stored))
        self._last[entity.lower()] = max(stored.sequence_number, self._last.get(entity.lower(), 0))

    def remove(self, entity: str, sequence_number: int) -> None:
        self._write("DELETE FROM messages WHERE entity = ? AND number = ?", (entity.lower(), sequence_number))

    def put_session_state(self, entity: str, session_id: str, state: bytes | None, at: datetime) -> None:
        if state is None:
            self._write("DELETE FROM sessions WHERE entity = ? AND session = ?", (entity.lower(), session_id))
        else:
            row = (entity.lower(), session_id, state, _number(at))
            self._write("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)", row)

    def put_duplicate(self, entity: str, message_id: str, at: datetime) -> None:
        self._write("INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)", (entity.lower(), _number(at), message_id))

    def forget_duplicates(self, entity: str, before: datetime) -> None:
        self._write("DELETE FROM duplicates WHERE entity = ? AND at <= ?", (entity.lower(), _number(before)))

    def commit(self) -> None:
        for entity, number in self._last.items():
            self._write(_NUMBER, (entity, number))
        self._last.clear()
        if self._db.in_transaction:
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failed("written", error) from error

    def close(self) -> None:
        """Commits and closes."""
        self.commit()
        self._db.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            if not self._db.in_transaction:
                self._db.execute("BEGIN")
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed("written", error) from error

    def _failed(self, what: str, error: Exception) -> JournalFailed:
        return JournalFailed(
            f"The journal {self._path} could not be {what}: {error}. Free its disk, end another emulator that has it, "
            "or use another folder."
        )


def _row(entity: str, stored: Stored) -> tuple[object, ...]:
    return (
        entity,
        stored.sequence_number,
        encode(stored.message),
        stored.message.size,
        int(stored.state),
        _number(stored.enqueued),
        stored.delivery_count,
        None if stored.scheduled_for is None else _number(stored.scheduled_for),
        None if stored.expires_at is None else _number(stored.expires_at),
        stored.dead_letter_source,
        stored.enqueued_sequence_number,
    )


def _stored(row: tuple[Any, ...]) -> Stored:
    _, number, data, size, state, enqueued, count, scheduled_for, expires_at, source, enqueued_number = row
    message = decode(data)
    message.size = size
    return Stored(
        message=message,
        sequence_number=number,
        enqueued=_moment(enqueued),
        state=State(state),
        delivery_count=count,
        scheduled_for=None if scheduled_for is None else _moment(scheduled_for),
        expires_at=None if expires_at is None else _moment(expires_at),
        dead_letter_source=source,
        enqueued_sequence_number=enqueued_number,
    )


def _number(moment: datetime) -> int:
    """Microseconds, so that what is read equals what was written."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)
