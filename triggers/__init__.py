"""Connect functions to event sources."""

from triggers.contract import (
    Binding,
    Event,
    Executor,
    FunctionResult,
    Handler,
    Listener,
    ListenerContext,
    OutputWriter,
    Routes,
    ScaleRule,
    TriggerAdapter,
    TriggerOptions,
)
from triggers.registry import adapters, by_binding_type, by_name

__all__ = [
    "Binding",
    "Event",
    "Executor",
    "FunctionResult",
    "Handler",
    "Listener",
    "ListenerContext",
    "OutputWriter",
    "Routes",
    "ScaleRule",
    "TriggerAdapter",
    "TriggerOptions",
    "adapters",
    "by_binding_type",
    "by_name",
]
