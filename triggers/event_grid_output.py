"""Events that a function publishes to an Event Grid topic."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from triggers.contract import Binding, BindingAdapter, OutputWriter
from triggers.errors import ConnectionNotConfigured, SourceUnavailable

_TIMEOUT = 30.0


class EventGridWriter:
    """Posts events to one topic, in Event Grid's own schema or as CloudEvents."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
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
        headers = {"aeg-sas-key": self._key, "content-type": f"{kind}; charset=utf-8"}
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


def event_grid_writer(binding: Binding, settings: Mapping[str, str]) -> OutputWriter:
    """The writer of one `eventGrid` output; raises ConnectionNotConfigured."""
    if not binding.option("topicEndpointUri") or not binding.option("topicKeySetting"):
        raise ConnectionNotConfigured(
            f"The eventGrid output {binding.name!r} names no topic: give it topicEndpointUri and topicKeySetting, the "
            "app settings that hold the topic's address and key. Managed identities are not supported here."
        )
    try:
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"The eventGrid output {binding.name!r} needs aiohttp, which is not installed; "
            "install functions-packager[event_grid]."
        ) from missing
    return EventGridWriter(
        _setting(binding, "topicEndpointUri", settings), _setting(binding, "topicKeySetting", settings)
    )


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


binding = BindingAdapter(type="eventGrid", writer=event_grid_writer)
