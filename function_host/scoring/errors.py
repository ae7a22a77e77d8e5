"""Errors of scoring scripts.

EntryScriptError
ScriptInterrupted
ScoringTimeout
ScriptAnswerError
BadInput
├── UndecodableInput
└── UnsupportedInput
"""


class EntryScriptError(Exception):
    """The scoring script cannot be used: it does not import, lacks init() or run(), or init() raised (the cause)."""


class ScriptInterrupted(Exception):
    """run() raised what is meant for the interpreter (SystemExit, KeyboardInterrupt ...), which is the cause."""


class ScoringTimeout(Exception):
    """run() took longer than SCORING_TIMEOUT_MS allows."""

    def __init__(self, milliseconds: int) -> None:
        super().__init__(f"Scoring timeout after {milliseconds} ms")


class ScriptAnswerError(Exception):
    """The script itself answered a pulled event with an error status."""


class BadInput(Exception):
    """What arrived cannot become run()'s arguments; the message is for the client."""


class UndecodableInput(BadInput):
    """The body is not UTF-8 text; the message says where."""


class UnsupportedInput(BadInput):
    """The body is of a type that run() does not take."""
