"""What the control queue and the poison queue say of a blob, in the JSON form of Azure's own host."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from triggers.blob_store import BlobInfo
from triggers.errors import UnreadableMessage

POISON_QUEUE = "webjobs-blobtrigger-poison"
"""Beside the blobs: those that were given up."""

_PREFIX = "Host.Functions."


def control_queue(host_id: str) -> str:
    """The queue, in the host's own account, through which instances hand blobs to each other."""
    return f"azure-webjobs-blobtrigger-{host_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobMessage:
    """One blob version that a function shall run for."""

    function: str
    container: str
    name: str
    etag: str
    blob_type: str = "BlockBlob"
    attempts: int = 0
    """How many runs failed so far. This and what follows is not known to Azure's host, which skips it."""
    seen: int = 0
    """How often the message had been taken when `attempts` was counted."""
    begun: int = 0
    """How many runs were begun since then, but for that of the first who took it: he notes nothing."""
    noted: bool = False
    """A receipt says done only after a run. Azure's host has one say so as soon as the version is in the queue."""
    replay: str = ""
    """Names the replay that asked for the run: it replaces an answer that is there already."""

    @property
    def blob(self) -> BlobInfo:
        """The version, as a listing would show it, but for its time."""
        return BlobInfo(
            container=self.container, name=self.name, etag=self.etag, last_modified=datetime.min.replace(tzinfo=UTC)
        )

    def encode(self) -> str:
        """The message's text: base64 of JSON."""
        document: dict[str, object] = {
            "Type": "BlobTrigger",
            "FunctionId": f"{_PREFIX}{self.function}",
            "BlobType": self.blob_type,
            "ContainerName": self.container,
            "BlobName": self.name,
            "ETag": self.etag,
        }
        ours = {
            "Attempts": self.attempts, "Seen": self.seen, "Begun": self.begun, "Noted": self.noted,
            "Replay": self.replay,
        }  # fmt: skip
        document |= {key: value for key, value in ours.items() if value}
        return base64.b64encode(json.dumps(document, indent=2, ensure_ascii=False).encode()).decode()

    @classmethod
    def decode(cls, text: str) -> "BlobMessage":
        """Raises UnreadableMessage for what is no such message; function names may be long or short."""
        try:
            document = json.loads(base64.b64decode(text, validate=True))
            return cls(
                function=str(document["FunctionId"]).removeprefix(_PREFIX),
                container=str(document["ContainerName"]),
                name=str(document["BlobName"]),
                etag=str(document.get("ETag") or ""),
                blob_type=str(document.get("BlobType") or "BlockBlob"),
                attempts=int(document.get("Attempts") or 0),
                seen=int(document.get("Seen") or 0),
                begun=int(document.get("Begun") or 0),
                noted=document.get("Noted") is True,
                replay=str(document.get("Replay") or ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableMessage(
                f"A message of the blob trigger's queue is not what it should be ({type(error).__name__}: {error}): "
                f"{text[:200]!r}."
            ) from error
