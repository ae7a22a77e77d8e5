"""The command `python -m infra.emulators.service_bus`."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from infra.emulators.service_bus.broker.config_file import read_config
from infra.emulators.service_bus.emulator import ServiceBusEmulator
from infra.errors import InfraError


def main() -> None:
    """Reads the command line and serves until SIGTERM or Ctrl-C."""
    typer.run(serve)


def serve(
    config: Annotated[Path, typer.Option(help="A Config.json as the official emulator takes it.", exists=True)],
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 5672,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    data: Annotated[Path | None, typer.Option(help="Keep messages in this folder; without it, in memory.")] = None,
    key: Annotated[str | None, typer.Option(help="Take only tokens of this key; without it, every token.")] = None,
) -> None:
    """Stand in for a Service Bus namespace, for development and tests; not for production."""
    try:
        emulator = ServiceBusEmulator(config=read_config(config), port=port, host=host, data=data, key=key)
        asyncio.run(_until_told(emulator))
    except InfraError as failure:
        typer.echo(failure, err=True)
        raise typer.Exit(failure.exit_code) from failure


async def _until_told(emulator: ServiceBusEmulator) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with emulator:
        typer.echo("A Service Bus for development and tests listens; it takes this connection string:")
        typer.echo(emulator.connection_string)
        await told.wait()
