"""Connect functions to event sources."""

from triggers.contract import (
    Binding,
    BindingAdapter,
    BindingContext,
    Event,
    Executor,
    FunctionResult,
    Handler,
    InputReader,
    Listener,
    ListenerContext,
    OutputWriter,
    Routes,
    ScaleRule,
    TriggerAdapter,
    TriggerOptions,
)
from triggers.registry import adapters, binding_adapter, by_binding_type, by_name

__all__ = [
    "Binding",
    "BindingAdapter",
    "BindingContext",
    "Event",
    "Executor",
    "FunctionResult",
    "Handler",
    "InputReader",
    "Listener",
    "ListenerContext",
    "OutputWriter",
    "Routes",
    "ScaleRule",
    "TriggerAdapter",
    "TriggerOptions",
    "adapters",
    "binding_adapter",
    "by_binding_type",
    "by_name",
]
