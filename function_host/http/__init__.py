"""The host's HTTP side: one port, its routes, who may call them, and the host's own answers."""
