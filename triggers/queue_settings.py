"""The section `extensions.queues` of host.json, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import cpu_count

from triggers.errors import InvalidOptions
from triggers.queue_encoding import MessageEncoding
from triggers.timespan import parse_timespan

_LARGEST_BATCH = 32
_SHORTEST_POLLING = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How a queue trigger polls and what it does with failures."""

    batch_size: int
    new_batch_threshold: int
    longest_pause: float
    """Seconds between two looks at an empty queue, once it was empty for a while."""
    visibility_timeout: int
    """Seconds a message stays hidden after its function failed."""
    max_dequeue_count: int
    encoding: MessageEncoding

    @property
    def concurrency(self) -> int:
        """The most messages of one function that run at once."""
        return self.batch_size + self.new_batch_threshold


def read_queue_settings(section: Mapping[str, object], settings: Mapping[str, str]) -> QueueSettings:
    """The section with Azure's defaults, which depend on the environment's name; raises InvalidOptions."""
    known = {key.lower(): value for key, value in section.items()}
    batch = _count(known, "batchSize", 16, least=1)
    if batch > _LARGEST_BATCH:
        raise InvalidOptions(f"host.json: extensions.queues.batchSize is {batch}; a queue gives 32 messages at most.")
    environment = {key.lower(): value for key, value in settings.items()}.get("azure_functions_environment", "")
    polling = "00:00:02" if environment.lower() == "development" else "00:01:00"
    return QueueSettings(
        batch_size=batch,
        new_batch_threshold=_count(known, "newBatchThreshold", batch // 2 * (cpu_count() or 1), least=0),
        longest_pause=max(_seconds(known, "maxPollingInterval", polling), _SHORTEST_POLLING),
        visibility_timeout=int(_seconds(known, "visibilityTimeout", "00:00:00")),
        max_dequeue_count=_count(known, "maxDequeueCount", 5, least=1),
        encoding=MessageEncoding.parse(known.get("messageencoding", "base64")),
    )


def _count(section: Mapping[str, object], key: str, default: int, *, least: int) -> int:
    value = section.get(key.lower(), default)
    # Overrides by app settings are text.
    count = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(count, int) or isinstance(count, bool) or count < least:
        raise InvalidOptions(
            f"host.json: extensions.queues.{key} is {value!r}; it must be a whole number from {least} up."
        )
    return count


def _seconds(section: Mapping[str, object], key: str, default: str) -> float:
    value = section.get(key.lower(), default)
    told = f"host.json: extensions.queues.{key} is {value!r}; it must be written as 'hh:mm:ss'."
    # A bare number would be days; nobody who writes one means that.
    if isinstance(value, int | float):
        raise InvalidOptions(told)
    try:
        return parse_timespan(str(value)).total_seconds()
    except ValueError as error:
        raise InvalidOptions(told) from error
