"""Hosts that are killed in the middle of their work, and what must hold all the same."""
