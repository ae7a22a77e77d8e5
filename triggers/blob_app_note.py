"""What blob functions an app has, noted under its host id: a second app with the same id is told."""

import json
import logging
from asyncio import Event
from collections.abc import Mapping

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobStore, newest
from triggers.http_body import whole

_log = logging.getLogger(__name__)


class AppNote:
    """The functions of this app and, in the host's own account, those of the app that looks under its host id."""

    def __init__(self, hosts_own: BlobStore, host_id: str) -> None:
        self._hosts_own = hosts_own
        self._host_id = host_id
        self._name = f"blobapps/{host_id}.json"
        self._functions: dict[str, str] = {}

    def add(self, function: str, path: str) -> None:
        """The app has that function, which waits at that path."""
        self._functions[function] = path

    async def keep(self, is_holder: Event) -> None:
        """Log an error if an entirely different app was noted, and note this one once it looks; never raises.

        An app that waits for the lease of another one leaves the note of that as it is.
        """
        try:
            noted = await self._read()
            if noted and not noted.items() & self._functions.items():
                self._tell(noted)
            await is_holder.wait()
            if noted != self._functions:
                data = json.dumps({"Functions": self._functions}, indent=2).encode()
                await self._hosts_own.write(CONTAINER, self._name, data, "application/json")
        except Exception as error:
            _log.info("Whether another app has the host id %r cannot be told: %s", self._host_id, error)

    async def close(self) -> None:
        """Let go of connections; the next use opens them again."""
        await self._hosts_own.close()

    async def _read(self) -> Mapping[str, str]:
        content = await self._hosts_own.read(newest(CONTAINER, self._name))
        if content is None:
            return {}
        noted = json.loads(whole(content.data))["Functions"]
        return {str(function): str(path) for function, path in noted.items()}

    def _tell(self, noted: Mapping[str, str]) -> None:
        _log.error(
            "The host id %r is another app's, too: that one has %s, this one %s. They share a lease, so that blobs of "
            "one of them are not answered. Set AzureFunctionsWebHost__hostid to an id of its own for each. (An app "
            "whose blob functions were all replaced is told this once.)",
            self._host_id,
            _described(noted),
            _described(self._functions),
        )


def _described(functions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} at {path!r}" for name, path in sorted(functions.items()))
