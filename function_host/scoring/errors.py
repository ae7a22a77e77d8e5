"""Errors of scoring scripts.

EntryScriptError
ScriptInterrupted
"""


class EntryScriptError(Exception):
    """The scoring script cannot be used: it does not import, lacks init() or run(), or init() raised (the cause)."""


class ScriptInterrupted(Exception):
    """run() raised what is meant for the interpreter (SystemExit, KeyboardInterrupt ...), which is the cause."""
