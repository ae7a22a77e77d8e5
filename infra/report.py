"""Say how to reach a running app, ready to paste."""

import json
import shlex
from collections.abc import Sequence

from infra.app_run import AppRun, RunningFunction, packaged_sample
from infra.bus_entities import DEFAULT_SETTING, entity
from infra.storage import FOLDER_SCHEME, open_storage
from triggers.paths import BlobPath

SAMPLE = json.dumps({"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]})

_READABLE = 1000
"""Bytes of a sample that still fit into a line to paste."""


def describe(run: AppRun, sample: str | None = None) -> str:
    """Every function with its URL, key and curl line, or with the place to drop blobs at.

    The line sends `sample`: by default what was packaged, if that is short enough to be read.
    """
    packaged = packaged_sample(run.app, "sample_input") or b""
    short = packaged.decode(errors="replace").strip() if 0 < len(packaged) <= _READABLE else SAMPLE
    lines = [f"{run.app} runs at {run.url}"]
    for function in run.functions:
        lines += _function(run, function, sample or short)
    return "\n".join([*lines, ""])


def curl_line(run: AppRun, function: RunningFunction, body: str) -> str:
    """A shell command that posts `body` to the function, or reads what takes none."""
    headers = [] if function.is_only_read else ["Content-Type: application/json"]
    if key := run.key_for(function):
        headers.insert(0, f"x-functions-key: {key}")
    parts = ["curl", "-s", str(function.url), *(part for header in headers for part in ("-H", header))]
    return shlex.join(parts if function.is_only_read else [*parts, "-d", body])


def _function(run: AppRun, function: RunningFunction, sample: str) -> Sequence[str]:
    if function.url is not None:
        key = [f"    key     {run.key_for(function)}"] if function.needs_key else []
        return [
            "",
            f"  {function.name}",
            f"    url     {function.url}",
            *key,
            f"    {curl_line(run, function, sample)}",
        ]
    if function.trigger.type.lower() == "blobtrigger":
        return ["", f"  {function.name}", *_blobs(run, function)]
    if function.trigger.type.lower() == "servicebustrigger":
        return ["", f"  {function.name}", *_messages(run, function)]
    return []


def _messages(run: AppRun, function: RunningFunction) -> Sequence[str]:
    lines = [f"    send    {entity(function.trigger)}"]
    lines += [f"    answer  {entity(one)}" for one in function.bindings if one.type.lower() == "servicebus"]
    if setting := run.service_bus.get(function.trigger.option("connection", DEFAULT_SETTING)):
        lines.append(f"    bus     {setting}")
    return lines


def _blobs(run: AppRun, function: RunningFunction) -> Sequence[str]:
    pattern = function.trigger.option("path")
    storage = open_storage(run.storage)
    lines = [f"    drop    {storage.place(pattern)}"]
    if function.output_path:
        lines.append(f"    answer  {storage.place(function.output_path)}")
    if run.storage.startswith(FOLDER_SCHEME):
        source = BlobPath.parse_trigger(pattern)
        container, name = source.fill(dict.fromkeys(source.names, "first"))
        lines.append(f"    {shlex.join(['cp', 'request.json', storage.place(f'{container}/{name}')])}")
    else:
        lines.append(f"    account {run.storage}")
    return lines
