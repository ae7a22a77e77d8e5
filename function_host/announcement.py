"""Tell people and programs that the host takes events: where, which functions, and what is wrong with others."""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from function_host.errors import ConfigError
from function_host.expressions import resolve
from function_host.functions import Function
from function_host.host import Host

Report = Mapping[str, object]


def report(host: Host, url: str) -> Report:
    """What is known of a host that takes events at `url`, in the form of the ready file, settings filled in."""
    prefix, failures = host.config.http.route_prefix, host.status.failures
    working = [resolve(one, host.settings) for one in host.status.functions if one.name not in failures]
    functions = [function_document(function, _function_url(prefix, url, function)) for function in working]
    return {"url": url, "functions": functions, "failures": dict(failures), "errors": list(host.status.errors)}


def function_document(function: Function, url: str | None = None) -> Mapping[str, object]:
    """One function as JSON values: its name, where it answers HTTP, its bindings."""
    bindings = (function.trigger, *function.inputs, *function.outputs)
    return {
        "name": function.name,
        "url": url,
        "bindings": [{"type": b.type, "direction": b.direction, "name": b.name, **b.options} for b in bindings],
    }


def announce(report: Report) -> None:
    """Show it to whoever reads the log."""
    print(f"Listening on {report['url']}", file=sys.stderr)
    functions = report["functions"]
    for function in functions if isinstance(functions, list) else []:
        print(f"  {function['name']}: {function['url'] or _trigger_text(function['bindings'])}", file=sys.stderr)
    failures = report["failures"]
    for name, reason in sorted(failures.items()) if isinstance(failures, dict) else ():
        print(f"  {name}: failed: {' '.join(reason.split())}", file=sys.stderr)


async def tell_keys(host: Host) -> None:
    """Keys that live in memory would be known to nobody; they are shown to a person, but not written into logs."""
    if host.keeps_keys or not host.needs_keys:
        return
    print(
        "Function keys are temporary: set FUNCTIONS_SECRETS_PATH to the folder that shall keep them.", file=sys.stderr
    )
    if sys.stderr.isatty():
        print(f"  This run's host key is {await host.keys.host_key()}", file=sys.stderr)


def check_ready_file(path: Path | None) -> None:
    """Raises ConfigError when the file could not be written later."""
    if path is not None and not path.parent.is_dir():
        raise ConfigError(f"The ready file {path} cannot be written: its folder does not exist.")


def write_ready_file(path: Path, document: Report) -> None:
    """Whoever waits for the file sees a whole one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(document, file)
    Path(file.name).replace(path)


def _function_url(prefix: str, url: str, function: Function) -> str | None:
    if function.trigger.type.lower() != "httptrigger":
        return None
    route = function.trigger.option("route", function.name).strip("/")
    return "/".join(part for part in (url, prefix, route) if part)


def _trigger_text(bindings: Sequence[Mapping[str, object]]) -> str:
    return " ".join(str(bindings[0][key]) for key in ("type", "path") if key in bindings[0])
