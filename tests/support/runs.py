"""Descriptions of running apps for tests that need no running app."""

from pathlib import Path

from infra.app_run import AppRun, RunningFunction, functions_of

HTTP = {
    "name": "score_http",
    "url": "http://127.0.0.1:41234/api/score",
    "bindings": [
        {"type": "httpTrigger", "direction": "IN", "name": "req", "route": "score", "authLevel": "FUNCTION"},
        {"type": "http", "direction": "OUT", "name": "$return"},
    ],
}
BLOB = {
    "name": "score_blob",
    "url": None,
    "bindings": [
        {"type": "blobTrigger", "direction": "IN", "name": "blob", "path": "input/{blobname}.json"},
        {"type": "blob", "direction": "OUT", "name": "$return", "path": "output/{blobname}_out.json"},
    ],
}
BUS = {
    "name": "score_message",
    "url": None,
    "bindings": [
        {"type": "serviceBusTrigger", "direction": "IN", "name": "message", "queueName": "in", "connection": "Bus"},
        {"type": "serviceBus", "direction": "OUT", "name": "$return", "queueName": "out", "connection": "Bus"},
    ],
}


def function(document: dict, **changes: object) -> RunningFunction:
    return functions_of([{**document, **changes}])[0]


def blob_function(
    *, path: str = "input/{blobname}.json", output: str = "output/{blobname}_out.json"
) -> RunningFunction:
    bindings = [{**BLOB["bindings"][0], "path": path}]
    if output:
        bindings.append({**BLOB["bindings"][1], "path": output})
    return function(BLOB, bindings=bindings)


def app_run(folder: Path, *functions: RunningFunction, pid: int = 1, key: str = "k3y") -> AppRun:
    return AppRun(
        app=folder / "app",
        url="http://127.0.0.1:41234",
        pid=pid,
        functions=functions or (function(HTTP), function(BLOB)),
        key=key,
        storage=f"folder:{folder / 'storage'}",
        log=folder / "host.log",
    )
