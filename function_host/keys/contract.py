"""What keeps keys over restarts."""

from collections.abc import Mapping
from typing import Protocol

KeyDocument = Mapping[str, object]
"""The keys of one scope (`host`, or a function's name in lower case) in the JSON form that Azure stores."""


class KeyStore(Protocol):
    """Keeps one key document per scope.

    Every method raises KeysUnavailable when the store cannot be reached now, ConfigError when it cannot be used.
    """

    fresh_for: float
    """Seconds after which a document must be read again, because others may have changed it."""

    async def load(self, scope: str) -> KeyDocument | None:
        """The document of `scope`, None when there is none yet."""
        ...

    async def create(self, scope: str, document: KeyDocument) -> KeyDocument:
        """Keep `document` unless another instance was first; gives back the one that is kept."""
        ...

    async def replace(self, scope: str, document: KeyDocument, instead_of: KeyDocument) -> bool:
        """Keep `document` unless others have changed `instead_of` meanwhile; then False, and theirs stays."""
        ...

    async def close(self) -> None:
        """Let go of connections; the next use opens them again."""
        ...
