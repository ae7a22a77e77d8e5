"""Events that a function publishes to an Event Grid topic."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from triggers.connections import find_connection
from triggers.contract import Binding, BindingAdapter, BindingContext, OutputWriter
from triggers.errors import ConnectionNotConfigured, SourceUnavailable
from triggers.storage_account import credential_maker

_TIMEOUT = 30.0
_SCOPE = "https://eventgrid.azure.net/.default"


class Access(Protocol):
    """What lets us publish to a topic."""

    async def headers(self) -> Mapping[str, str]:
        """For the next request."""
        ...

    async def close(self) -> None: ...


class KeyAccess:
    """A topic's key."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def headers(self) -> Mapping[str, str]:
        return {"aeg-sas-key": self._key}

    async def close(self) -> None:
        """Nothing is kept open."""


class IdentityAccess:
    """Tokens of an identity, whose credential is made on first use and again after close()."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._credential: Any = None

    async def headers(self) -> Mapping[str, str]:
        """Raises SourceUnavailable when the identity gets no token."""
        from azure.core.exceptions import AzureError

        self._credential = self._credential or self._make()
        try:
            token = await self._credential.get_token(_SCOPE)
        except AzureError as error:
            raise SourceUnavailable(f"The identity gets no token for Event Grid: {error}.") from error
        return {"authorization": f"Bearer {token.token}"}

    async def close(self) -> None:
        credential, self._credential = self._credential, None
        if credential is not None:
            await credential.close()


class EventGridWriter:
    """Posts events to one topic, in Event Grid's own schema or as CloudEvents."""

    def __init__(self, url: str, access: Access) -> None:
        self._url = url
        self._access = access
        self._session: Any = None

    async def open(self) -> None:
        """A topic cannot be made from here."""

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Publish one event or a list of them; raises TypeError, ValueError or SourceUnavailable."""
        events = _events(value)
        if not events:
            return
        import aiohttp

        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT))
        are_cloud_events = any("specversion" in event for event in events)
        kind = "application/cloudevents-batch+json" if are_cloud_events else "application/json"
        headers = {**await self._access.headers(), "content-type": f"{kind}; charset=utf-8"}
        try:
            async with self._session.post(self._url, data=json.dumps(events).encode(), headers=headers) as answer:
                status, text = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SourceUnavailable(f"The Event Grid topic {self._url!r} cannot be reached: {error!r}.") from error
        if status >= 300:
            raise SourceUnavailable(f"The Event Grid topic {self._url!r} refused the events: {status} {text[:500]}")

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        await self._access.close()


def event_grid_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `eventGrid` output; raises ConnectionNotConfigured."""
    binding = context.binding
    try:
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"The eventGrid output {binding.name!r} needs aiohttp, which is not installed; "
            "install functions-packager[event_grid]."
        ) from missing
    if binding.option("topicEndpointUri") and binding.option("topicKeySetting"):
        key = KeyAccess(_setting(binding, "topicKeySetting", context.settings))
        return EventGridWriter(_setting(binding, "topicEndpointUri", context.settings), key)
    if binding.option("connection"):
        return _by_identity(binding, context.settings)
    raise ConnectionNotConfigured(
        f"The eventGrid output {binding.name!r} names no topic: give it topicEndpointUri and topicKeySetting, the app "
        "settings that hold the topic's address and key, or connection, whose app setting "
        "'<connection>__topicEndpointUri' holds the address for a managed identity."
    )


def _by_identity(binding: Binding, settings: Mapping[str, str]) -> EventGridWriter:
    name = binding.option("connection")
    wanted_by = f"the eventGrid output {binding.name!r}"
    try:
        connection = find_connection(settings, name, default=name, wanted_by=wanted_by)
        url = connection.section["topicendpointuri"]
    except (ConnectionNotConfigured, KeyError) as missing:
        raise ConnectionNotConfigured(
            f"The app setting '{name}__topicEndpointUri' is not set, but {wanted_by} connects with {name!r}. "
            "Set it to the topic's address."
        ) from missing
    return EventGridWriter(url, IdentityAccess(credential_maker(connection)))


def _setting(binding: Binding, option: str, settings: Mapping[str, str]) -> str:
    wanted = binding.option(option).lower()
    value = next((value for name, value in settings.items() if name.lower() == wanted), "")
    if not value:
        raise ConnectionNotConfigured(
            f"The app setting {binding.option(option)!r} is not set, but {option} of the eventGrid output "
            f"{binding.name!r} names it."
        )
    return value


def _events(value: object) -> list[dict[str, object]]:
    if not isinstance(value, str | bytes | bytearray):
        raise TypeError(f"An eventGrid output got a {type(value).__name__}; return an event, a list, or JSON text.")
    document = json.loads(value)
    listed = document if isinstance(document, list) else [document]
    events = [json.loads(event) if isinstance(event, str) else event for event in listed]
    if not all(isinstance(event, dict) for event in events):
        raise TypeError("An eventGrid output takes JSON objects only.")
    return events


binding = BindingAdapter(type="eventGrid", extension="eventGrid", writer=event_grid_writer)
