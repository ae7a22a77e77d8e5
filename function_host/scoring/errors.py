"""Errors of scoring scripts.

EntryScriptError
"""


class EntryScriptError(Exception):
    """The scoring script cannot be used: it does not import, lacks init() or run(), or init() raised (the cause)."""
