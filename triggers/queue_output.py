"""Results are sent to a storage queue."""

import json
from collections.abc import Mapping

from triggers.contract import Binding, BindingAdapter, OutputWriter
from triggers.paths import fill_text
from triggers.queue_account import check_queue_name, open_queues
from triggers.queue_encoding import MessageEncoding
from triggers.queue_store import QueueStore

_ENCODING = "azurefunctionsjobhost__extensions__queues__messageencoding"


class QueueWriter:
    """Sends an output value to the queue that its binding names."""

    def __init__(self, store: QueueStore, queue: str, encoding: MessageEncoding = MessageEncoding.BASE64) -> None:
        self._store = store
        self._queue = queue
        self._encoding = encoding

    async def open(self) -> None:
        """Make the queue unless its name depends on the event; raises SourceUnavailable."""
        if "{" not in self._queue:
            await self._store.make_queue(check_queue_name(self._queue))

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Send the value, an array of JSON as one message per element.

        Raises InvalidOptions or InvalidPath for the queue's name, TypeError, or SourceUnavailable.
        """
        queue = check_queue_name(fill_text(self._queue, metadata))
        for body in _bodies(value, queue):
            await self._store.send(queue, self._encoding.encode(body))

    async def close(self) -> None:
        await self._store.close()


def queue_writer(binding: Binding, settings: Mapping[str, str]) -> OutputWriter:
    """The writer of one `queue` output; raises InvalidOptions or ConnectionNotConfigured."""
    queue = binding.option("queueName")
    if "{" not in queue:
        check_queue_name(queue)
    wanted_by = f"the queue output {binding.name!r} to {queue!r}"
    chosen = {key.replace(":", "__").lower(): value for key, value in settings.items()}.get(_ENCODING, "base64")
    store = open_queues(settings, binding.option("connection"), wanted_by=wanted_by)
    return QueueWriter(store, queue, MessageEncoding.parse(chosen))


def _bodies(value: object, queue: str) -> list[bytes]:
    if isinstance(value, bytes | bytearray | memoryview):
        return [bytes(value)]
    if not isinstance(value, str):
        raise TypeError(f"The queue output {queue!r} got a {type(value).__name__}; return text, bytes or messages.")
    elements = _array(value)
    if elements is None:
        return [value.encode()]
    return [(one if isinstance(one, str) else json.dumps(one)).encode() for one in elements]


def _array(text: str) -> list[object] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        document: list[object] = json.loads(text)
    except ValueError:
        return None
    return document


binding = BindingAdapter(type="queue", writer=queue_writer)
