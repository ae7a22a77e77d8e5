"""An app in a folder, the account of its local run, and records of blobs that it gave up."""

import asyncio
import json
import os
import time
from pathlib import Path

from triggers.blob_failures import failures_folder
from triggers.blob_messages import BlobMessage, control_queue
from triggers.blob_receipts import CONTAINER
from triggers.folder_queues import FolderQueues

HOST_ID = "my-app"

FUNCTION_APP = """
import azure.functions as func

app = func.FunctionApp()
print("printed while it is loaded")


@app.blob_trigger(arg_name="b", path="%IN%/{name}.txt", connection="TriggerConnectionString")
def one(b: func.InputStream) -> None: ...


@app.blob_trigger(arg_name="b", path="other", connection="AzureWebJobsStorage")
def two(b: func.InputStream) -> None: ...


@app.timer_trigger(arg_name="t", schedule="0 0 0 * * *")
def three(t: func.TimerRequest) -> None: ...
"""


def app_folder(folder: Path) -> Path:
    """A function app that was run here before: its storage account is `storage_of(app)`."""
    app = folder / "My.App"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    (app / "function_app.py").write_text(FUNCTION_APP)
    (app / "local.settings.json").write_text('{"Values": {"IN": "input"}}')
    storage_of(app).mkdir(parents=True)
    return app


def storage_of(app: Path) -> Path:
    return app.with_name(f"{app.name}.run") / "storage"


def record(app: Path, function: str, blob: str, **changes: object) -> None:
    """Note a failure as the host does."""
    document = {
        "message": f"Blob {blob!r} failed 5 times.", "error": "ValueError: bad", "blob": blob, "etag": '"0x1"',
        "attempt": 5, "packageDigest": "", "traceId": "t", "time": "2024-05-01T08:00:00.000+00:00", **changes,
    }  # fmt: skip
    file = storage_of(app) / CONTAINER / failures_folder(HOST_ID, function) / blob
    put(file, json.dumps(document))


def put(file: Path, text: str) -> None:
    """Write a file that a listing names at once: one that has just changed is left out, for it may go on changing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    later = time.time() + 3600
    os.utime(file, (later, later))


def asked(app: Path) -> list[BlobMessage]:
    """What is in the control queue of the app's host."""
    queues = FolderQueues(storage_of(app))
    found = asyncio.run(queues.receive(control_queue(HOST_ID), 32, hidden=60))
    return [BlobMessage.decode(message.text) for message in found]
