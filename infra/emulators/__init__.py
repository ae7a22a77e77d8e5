"""Local stand-ins for cloud services, started on demand."""

from infra.emulators.azurite import Azurite
from infra.emulators.local_bus import LocalBus

__all__ = ["Azurite", "LocalBus"]
