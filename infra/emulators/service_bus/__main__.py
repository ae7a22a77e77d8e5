"""`python -m infra.emulators.service_bus`."""

from infra.emulators.service_bus.command import main

main()
