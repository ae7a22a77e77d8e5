"""A local stand-in for Azure Service Bus, for development and tests."""

from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.emulator import ServiceBusEmulator
from infra.emulators.service_bus.running import running

__all__ = ["NamespaceConfig", "ServiceBusEmulator", "running"]
