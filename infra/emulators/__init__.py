"""Local stand-ins for cloud services, started on demand."""

from infra.emulators.azurite import Azurite

__all__ = ["Azurite"]
