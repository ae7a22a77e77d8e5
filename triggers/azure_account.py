"""The SDK's client of one service of a storage account: made when it is needed, and again after close()."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from triggers.connections import Connection
from triggers.errors import ConnectionNotConfigured
from triggers.storage_account import connection_string, credential_maker, service_url

ServiceClient = TypeVar("ServiceClient")

# The SDK's own pauses (15 s and more) would hide an outage from the listener, which waits by itself.
_OPTIONS = {
    "initial_backoff": 0,
    "increment_base": 1,
    "retry_total": 2,
    "random_jitter_range": 1,
    "connection_timeout": 10,
    "read_timeout": 60,
}


class AzureClient(Generic[ServiceClient]):
    """One service (`blob`, `queue` or `table`) of the account that a connection means."""

    def __init__(self, kind: type[ServiceClient], service: str, connection: Connection) -> None:
        """Nothing is sent; raises ConnectionNotConfigured for settings that name no account."""
        self._make = _maker(kind, service, connection)
        self._made: tuple[Any, Any] | None = None

    @property
    def client(self) -> ServiceClient:
        if self._made is None:
            self._made = self._make()
        client: ServiceClient = self._made[0]
        return client

    async def close(self) -> None:
        """Let go of connections and of the identity's token; the next use opens them again."""
        made, self._made = self._made, None
        for part in made or ():
            if part is not None:
                await part.close()


def _maker(kind: Any, service: str, connection: Connection) -> Callable[[], tuple[Any, Any]]:
    """Makes the client and the credential that must be closed with it, if there is one."""
    if connection.section:
        url, make_credential = service_url(connection, service), credential_maker(connection)

        def with_identity() -> tuple[Any, Any]:
            credential = make_credential()
            return kind(url, credential=credential, **_OPTIONS), credential

        return with_identity
    text = connection_string(connection, service)
    try:
        kind.from_connection_string(text)
    except ValueError as error:
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r}, which {connection.wanted_by} connects with, names no {service} "
            "endpoint of a storage account; copy the account's whole connection string into it."
        ) from error
    return lambda: (kind.from_connection_string(text, **_OPTIONS), None)
