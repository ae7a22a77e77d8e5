"""Where entities keep what they hold: in a file, or nowhere."""

from datetime import datetime

from infra.emulators.service_bus.broker.contract import Saved, Stored


class NoJournal:
    """Keeps nothing: what is in memory is all there is."""

    def load(self, entity: str) -> Saved:
        return Saved()

    def put(self, entity: str, stored: Stored) -> None:
        """Nothing is written."""

    def remove(self, entity: str, sequence_number: int) -> None:
        """Nothing is written."""

    def put_session_state(self, entity: str, session_id: str, state: bytes | None, at: datetime) -> None:
        """Nothing is written."""

    def put_duplicate(self, entity: str, message_id: str, at: datetime) -> None:
        """Nothing is written."""

    def forget_duplicates(self, entity: str, before: datetime) -> None:
        """Nothing is written."""

    def commit(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """There is nothing to close."""
