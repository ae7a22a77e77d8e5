"""The commands `start`, to run the function app in a folder until told to stop, and `functions`, to list its own."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from function_host.announcement import check_ready_file, write_ready_file
from function_host.exit_codes import exit_code
from function_host.listing import list_functions
from function_host.serving import Start, start
from function_host.settings import LAST_PORT
from function_host.settings import port as port_setting
from function_host.telemetry.logs import configure_logging


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give back its exit code: 0 stopped, 3 app or configuration, 5 script, 130 Ctrl-C."""
    options = _parser().parse_args(arguments)
    configure_logging()
    return exit_code(lambda: int(options.run(options)))


def _start(options: argparse.Namespace) -> int:
    check_ready_file(options.ready_file)
    port = options.port if options.port is not None else port_setting()
    wanted = Start(root=options.script_root, address=options.host, port=port, ready_file=options.ready_file)
    return start(wanted)


def _functions(options: argparse.Namespace) -> int:
    check_ready_file(options.ready_file)
    # Into a file, because the app may print what it likes while it is loaded.
    write_ready_file(options.ready_file, list_functions(options.script_root))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m function_host", description="Run a function app.")
    commands = parser.add_subparsers(required=True)
    start = commands.add_parser("start", help="run the app in a folder until SIGTERM or Ctrl-C")
    start.set_defaults(run=_start)
    start.add_argument("--script-root", type=Path, default=Path(), help="the app's folder (default: this one)")
    start.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    start.add_argument("--port", type=_port, help="0 for a free one (default: PORT, WEBSITES_PORT, else 8080)")
    start.add_argument("--ready-file", type=_absolute, help="written as JSON once the app takes events")
    functions = commands.add_parser("functions", help="write down the functions of the app in a folder")
    functions.set_defaults(run=_functions)
    functions.add_argument("--script-root", type=Path, default=Path(), help="the app's folder (default: this one)")
    functions.add_argument("--ready-file", type=_absolute, required=True, help="where to write them, as JSON")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; it must be a number from 0 to {LAST_PORT}")
    return int(text)


def _absolute(text: str) -> Path:
    """Now, because loading the app changes the working directory."""
    return Path(text).absolute()
