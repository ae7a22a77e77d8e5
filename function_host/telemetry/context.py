"""The invocation that the running code belongs to."""

from contextvars import ContextVar

current_invocation: ContextVar[str] = ContextVar("current_invocation", default="")
"""`function/invocation id` while user code runs, else empty; follows tasks and the host's threads."""
