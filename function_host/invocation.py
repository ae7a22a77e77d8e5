"""The `context` argument of a user function."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceContext:
    """Where the event's trace came from, as the W3C trace-context headers have it."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryContext:
    """How often the event was tried before this time."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: Exception | None = None


_THREAD_LOCAL = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationContext:
    """One invocation of one function: what `azure.functions.Context` promises."""

    invocation_id: str
    function_name: str
    function_directory: str
    trace_context: TraceContext
    retry_context: RetryContext
    thread_local_storage: threading.local = _THREAD_LOCAL
