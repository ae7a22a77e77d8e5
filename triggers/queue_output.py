"""Results are sent to a storage queue."""

import json
from collections.abc import Mapping

from triggers.contract import BindingAdapter, BindingContext, OutputWriter
from triggers.paths import fill_text
from triggers.queue_account import check_queue_name, open_queues
from triggers.queue_encoding import MessageEncoding
from triggers.queue_settings import read_queue_settings
from triggers.queue_store import QueueStore
from triggers.signals import Signals


class QueueWriter:
    """Sends an output value to the queue that its binding names."""

    def __init__(
        self, store: QueueStore, queue: str, encoding: MessageEncoding = MessageEncoding.BASE64, *,
        signals: Signals | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._queue = queue
        self._encoding = encoding
        self._signals = signals or Signals()

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
            self._signals.wake(queue)

    async def close(self) -> None:
        await self._store.close()


def queue_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `queue` output; raises InvalidOptions or ConnectionNotConfigured."""
    binding = context.binding
    queue = binding.option("queueName")
    if "{" not in queue:
        check_queue_name(queue)
    encoding = read_queue_settings(context.extension, context.settings).encoding
    wanted_by = f"the queue output {binding.name!r} to {queue!r}"
    store = open_queues(context.settings, binding.option("connection"), wanted_by=wanted_by)
    return QueueWriter(store, queue, encoding, signals=context.signals)


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


binding = BindingAdapter(type="queue", extension="queues", writer=queue_writer)
