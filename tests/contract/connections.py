"""Connections for tests, as the app settings would give them."""

from triggers.connections import Connection


def account(text: str = "", **section: str) -> Connection:
    """What the setting `Store` says."""
    return Connection(setting="Store", wanted_by="a test", text=text, section=section)
