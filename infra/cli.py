"""The commands `packager run` and `packager invoke`, and a place for infra's other ones."""

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Never

import typer

from infra import deploy_command, doctor_command, proving_command, replay_commands, status_command
from infra.app_run import data_folder, find
from infra.errors import HostFailed
from infra.invoking import invoke, post
from infra.report import describe
from infra.running import run

App = Annotated[Path, typer.Argument(help="The folder with function_app.py and host.json.", show_default=False)]
DataDir = Annotated[Path | None, typer.Option(help="Storage, keys and log go here.", show_default="<APP>.run")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the packager's command line."""
    cli.command("run")(run_command)
    cli.command("invoke")(invoke_command)
    proving_command.register(cli)
    replay_commands.register(cli)
    status_command.register(cli)
    deploy_command.register(cli)
    doctor_command.register(cli)


def run_command(  # noqa: PLR0917 - Typer fills them by name
    app: App,
    storage: Annotated[str, typer.Option(help="The storage account: folder or azurite.")] = "folder",
    service_bus: Annotated[
        bool, typer.Option("--service-bus", help="Start a Service Bus with the queues that the functions name.")
    ] = False,
    service_bus_config: Annotated[
        Path | None, typer.Option(help="Start a Service Bus with the queues of this Config.json.", exists=True)
    ] = None,
    data_dir: DataDir = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 0,
    as_json: AsJson = False,
) -> None:
    """Run a packaged app on this machine until Ctrl-C.

    Example: packager run ./diabetes-app
    """
    before = signal.signal(signal.SIGTERM, _end)
    try:
        bus = service_bus_config or service_bus
        with run(
            app, storage=storage, service_bus=bus, data_dir=data_dir, host=host, port=port, echo=_to_stderr
        ) as running:
            print(json.dumps(running.details.as_document()) if as_json else describe(running.details), flush=True)
            running.wait()
    except HostFailed as failure:
        print(failure, file=sys.stderr)
        raise typer.Exit(max(failure.returncode, 0) or 1) from failure
    finally:
        signal.signal(signal.SIGTERM, before)


def invoke_command(  # noqa: PLR0917 - Typer fills them by name
    app: Annotated[Path | None, typer.Argument(help="The folder of the running app.", show_default=False)] = None,
    trigger: Annotated[
        str,
        typer.Option(help="http, blob, service_bus_queue, storage_queue, timer ...", show_default="the first there is"),
    ] = "",
    function: Annotated[str, typer.Option(help="The function's name.", show_default="the first there is")] = "",
    data: Annotated[str | None, typer.Option(help="The event's body.")] = None,
    file: Annotated[str | None, typer.Option(help="A file with the event's body; - is standard input.")] = None,
    url: Annotated[str | None, typer.Option(help="Post to this address instead of a local app.")] = None,
    key: Annotated[str, typer.Option(help="The function key for --url.", envvar="FUNCTIONS_KEY")] = "",
    data_dir: DataDir = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.", min=0.1)] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Fire one event at a running app and print its answer.

    Example: packager invoke ./diabetes-app --trigger blob --file request.json
    """
    if (app is None and data_dir is None) == (url is None):
        raise typer.BadParameter("Give either the folder of a running app or --url.")
    body = _body(data, file)
    if url is not None:
        answer, about = post(url, body, key=key, timeout=timeout), {"sent_to": url}
    else:
        found = invoke(
            find(data_dir or data_folder(app or Path())), body, trigger=trigger, function=function, timeout=timeout
        )
        answer, about = found.body, {"function": found.function, "sent_to": found.sent_to, "found_at": found.found_at}
    _show(answer, about, as_json=as_json)


def _body(data: str | None, file: str | None) -> bytes:
    if (data is None) == (file is None):
        raise typer.BadParameter("Give the event's body with either --data or --file.")
    if data is not None:
        return data.encode()
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(str(file)).read_bytes()
    except OSError as cause:
        raise typer.BadParameter(f"Cannot read {file}: {cause.strerror}.") from cause


def _show(answer: bytes, about: dict[str, str], *, as_json: bool) -> None:
    text = answer.decode(errors="replace")
    print(json.dumps({**about, "answer": _value(text)}) if as_json else text)


def _value(text: str) -> object:
    """The answer as JSON when it is JSON, else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _end(*_: object) -> Never:
    raise SystemExit(0)
