"""The process that keeps a deployment's emulators: Azurite and the local Service Bus, with their data in its folder."""

import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from infra.emulators.azurite import Azurite
from infra.emulators.local_bus import LocalBus
from infra.errors import EmulatorUnavailable
from infra.platforms.local_control import EMULATORS
from infra.platforms.local_daemon import alone, announce
from infra.platforms.local_folder import DeploymentFolder, read_document, write_document

_PORTS = "emulator_ports.json"


def started(folder: Path, wanted: Mapping[str, Any], parts: ExitStack) -> dict[str, Any]:
    """Start what is wanted, on the ports it had before; connection strings by `storage` and `service_bus`.

    Raises EmulatorUnavailable. They end with `parts`, and with the calling thread at the latest.
    """
    ports, found = read_document(folder / _PORTS), {}
    if wanted["storage"]:
        azurite = Azurite(folder / "azurite", ports=ports.get("storage"))
        found["storage"] = parts.enter_context(azurite).connection_string
        ports["storage"] = azurite.ports
    if wanted["service_bus"]:
        bus = LocalBus(wanted["service_bus"], folder / "service_bus", port=ports.get("service_bus", 0))
        found["service_bus"] = parts.enter_context(bus).connection_string
        ports["service_bus"] = bus.port
    write_document(folder / _PORTS, ports)
    return found


def main() -> None:
    """`python -m infra.platforms.local_emulators FOLDER`: until SIGTERM or SIGINT."""
    folder = Path(sys.argv[1])
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    wanted = DeploymentFolder(folder).state()["emulators"]
    with alone(EMULATORS, folder), ExitStack() as parts:
        try:
            announce(EMULATORS, folder, {"wanted": wanted, **started(folder, wanted, parts)})
        except EmulatorUnavailable as error:
            sys.exit(str(error))
        ending.wait()


if __name__ == "__main__":
    main()
