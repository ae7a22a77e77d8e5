"""What an app's functions gave up, blobs and messages alike: list it, show it, have it run again."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from infra.app_settings import app_functions, app_settings
from infra.bus_entities import DEAD_LETTERS, bus_functions
from infra.errors import InfraError
from infra.failures import failures, no_such_failure, show_failure
from infra.replaying import Replay, replay_failures
from triggers.errors import TriggerError

_log = logging.getLogger(__name__)


class GivenUp(Protocol):
    """One event that was given up."""

    @property
    def function(self) -> str: ...

    @property
    def name(self) -> str:
        """`container/name` of a blob; queue and number of a message."""
        ...

    @property
    def when(self) -> datetime: ...

    @property
    def attempts(self) -> int: ...

    @property
    def error(self) -> str:
        """Why, in one line."""
        ...

    def as_document(self) -> dict[str, object]: ...


def given_up(
    app: Path, *, data_dir: Path | None = None, told: Callable[[str], None] = _log.warning
) -> Sequence[GivenUp]:
    """The blobs, then the messages. Where messages cannot be listed, `told` gets the reason, and the blobs remain.

    Raises InvalidRunRequest, ConnectionNotConfigured and SourceUnavailable.
    """
    found: list[GivenUp] = [*failures(app, data_dir=data_dir)]
    try:
        if _takes_messages(app, data_dir):
            from infra.dead_letters import dead_letters

            found += dead_letters(app, data_dir=data_dir)
    except (InfraError, TriggerError) as error:
        told(f"Messages are not listed: {error}")
    return found


def show_given_up(app: Path, name: str, *, data_dir: Path | None = None) -> Sequence[GivenUp]:
    """What is known of the one of that name, once per function that gave it up; raises NoSuchFailure."""
    if DEAD_LETTERS not in name:
        return show_failure(app, name, data_dir=data_dir)
    from infra.dead_letters import dead_letters

    found = [one for one in dead_letters(app, data_dir=data_dir) if one.name == name]
    if not found:
        raise no_such_failure([name])
    return found


def replay_given_up(
    app: Path, names: Sequence[str] = (), *, dry_run: bool = False, data_dir: Path | None = None
) -> Replay:
    """Have those of these names run again, by default all; raises NoSuchFailure and what `given_up` raises."""
    letters = [name for name in names if DEAD_LETTERS in name]
    blobs = [name for name in names if DEAD_LETTERS not in name]
    asked = Replay(dry_run=dry_run)
    if letters or (not names and _takes_messages(app, data_dir)):
        from infra.dead_letters import replay_dead_letters

        replay_dead_letters(app, letters, asked=asked, data_dir=data_dir)
    if blobs or not names:
        replay_failures(app, blobs, asked=asked, data_dir=data_dir)
    return asked


def _takes_messages(app: Path, data_dir: Path | None) -> bool:
    """An app without a queue needs no SDK for one."""
    return bool(bus_functions(app_functions(app_settings(app, data_dir=data_dir))))
