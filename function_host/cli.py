"""The command `start`: run the function app in a folder until told to stop."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from function_host.errors import AppLoadError, ConfigError, HostError
from function_host.host import Host
from function_host.scoring.errors import EntryScriptError
from function_host.telemetry.logs import configure_logging
from function_host.telemetry.tracebacks import users_part
from triggers.errors import TriggerError

EXIT_CONFIG = 3
EXIT_SCRIPT = 5
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give back its exit code: 0 stopped, 3 app or configuration, 5 script, 130 Ctrl-C."""
    options = _parser().parse_args(arguments)
    configure_logging()
    try:
        return asyncio.run(_start(options))
    except EntryScriptError as error:
        return _tell(error, EXIT_SCRIPT)
    except (HostError, TriggerError) as error:
        return _tell(error, EXIT_CONFIG)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m function_host", description="Run a function app.")
    commands = parser.add_subparsers(required=True)
    start = commands.add_parser("start", help="run the app in a folder until SIGTERM or Ctrl-C")
    start.add_argument("--script-root", type=Path, default=Path(), help="the app's folder (default: this one)")
    start.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    start.add_argument("--port", type=int, default=8080, help="0 for a free one (default: %(default)s)")
    start.add_argument("--ready-file", type=_absolute, help="written as JSON once the app takes events")
    return parser


def _absolute(text: str) -> Path:
    """Now, because loading the app changes the working directory."""
    return Path(text).absolute()


async def _start(options: argparse.Namespace) -> int:
    """Serve until a signal comes, also while the app still starts."""
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stopped, number)
    _check_ready_file(options.ready_file)
    host = Host.load(options.script_root)
    try:
        host.bind(options.host, options.port)
        starting = asyncio.create_task(_bring_up(host, options.ready_file))
        await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
        else:
            starting.cancel()
        return await stopped
    finally:
        await host.stop()


async def _bring_up(host: Host, ready_file: Path | None) -> None:
    await host.start_functions()
    _spare_the_loaded()
    url = await host.serve()
    functions = _described(host, url)
    _announce(url, functions)
    await _tell_keys(host)
    if ready_file:
        _write(ready_file, {"url": url, "pid": os.getpid(), "functions": functions, "errors": host.status.errors})


def _check_ready_file(path: Path | None) -> None:
    if path is not None and not path.parent.is_dir():
        raise ConfigError(f"The ready file {path} cannot be written: its folder does not exist.")


def _spare_the_loaded() -> None:
    """What was loaded stays: full collections that walk the model and its libraries would stall requests."""
    gc.collect()
    gc.freeze()


def _stop(stopped: "asyncio.Future[int]", number: int) -> None:
    """Drain at the first signal; whoever sends a second one does not want to wait."""
    if stopped.done():
        os._exit(128 + number)
    stopped.set_result(0 if number == signal.SIGTERM else EXIT_INTERRUPTED)


def _described(host: Host, url: str) -> list[dict[str, object]]:
    return [
        {
            "name": function.name,
            "url": _function_url(host.config.http.route_prefix, url, function.trigger.options.get("route")),
            "bindings": [
                {"type": b.type, "direction": b.direction, "name": b.name, **b.options}
                for b in (function.trigger, *function.inputs, *function.outputs)
            ],
        }
        for function in host.status.functions
    ]


def _function_url(prefix: str, url: str, route: object) -> str | None:
    if route is None:
        return None
    return "/".join(part for part in (url, prefix, str(route).strip("/")) if part)


def _announce(url: str, functions: Sequence[dict[str, object]]) -> None:
    print(f"Listening on {url}", file=sys.stderr)
    for function in functions:
        print(f"  {function['name']}: {function['url'] or _trigger_text(function)}", file=sys.stderr)


async def _tell_keys(host: Host) -> None:
    """Keys that live in memory would be known to nobody; they are shown to a person, but not written into logs."""
    if host.keeps_keys or not host.needs_keys:
        return
    print(
        "Function keys are temporary: set FUNCTIONS_SECRETS_PATH to the folder that shall keep them.", file=sys.stderr
    )
    if sys.stderr.isatty():
        print(f"  This run's host key is {await host.keys.host_key()}", file=sys.stderr)


def _trigger_text(function: dict[str, object]) -> str:
    bindings = function["bindings"]
    trigger = bindings[0] if isinstance(bindings, list) else {}
    return " ".join(str(trigger[key]) for key in ("type", "path") if key in trigger)


def _write(path: Path, document: dict[str, object]) -> None:
    """Whoever waits for the file sees a whole one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(document, file)
    Path(file.name).replace(path)


def _tell(error: BaseException, code: int) -> int:
    """The user's own traceback first, where user code raised, then one sentence."""
    if error.__cause__ is not None and isinstance(error, EntryScriptError | AppLoadError):
        traceback.print_exception(users_part(error.__cause__))
    print(error, file=sys.stderr)
    return code
