"""The function app of the many blobs: some of them fail in every run, and every run is noted in a journal."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.app import JOURNAL

FUNCTION = "on_blob"
ATTEMPTS = 5
_BYTES = 1024
_START_FROM = "WHERE THE SEARCH BEGINS"
_SOURCE = "WHO TELLS OF BLOBS"

# A dead holder of the lease is followed after 15 s, the shortest that host.json allows.
_QUICK_TAKEOVER = {"listenerLockPeriod": "00:00:15", "listenerLockRecoveryPollingInterval": "00:00:01"}

_APP = f"""
import hashlib
import json
import os
import time
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()
journal = Path(os.environ["{JOURNAL}"])


def note(phase: str, event: str) -> None:
    with journal.open("a") as file:
        file.write(json.dumps([phase, event, os.getpid(), time.time()]) + "\\n")


@app.blob_trigger(arg_name="blob", path="input/{{name}}.json", connection="Store",
                  error_path="output/{{name}}_error.json", start_from="{_START_FROM}",
                  source=func.BlobSource("{_SOURCE}"))
@app.blob_output(arg_name="$return", path="output/{{name}}_out.json", connection="Store")
def {FUNCTION}(blob: func.InputStream) -> bytes:
    body = blob.read()
    order = json.loads(body)
    note("begun", order["name"])
    try:
        time.sleep(order["seconds"])
        if order["bad"]:
            raise ValueError("This one fails on purpose.")
        return hashlib.sha256(body).hexdigest().encode()
    finally:
        note("ended", order["name"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One blob of the storm."""

    name: str
    bad: bool
    body: bytes

    @property
    def answer(self) -> bytes:
        return hashlib.sha256(self.body).hexdigest().encode()


def order(number: int, *, bad: bool, seconds: float) -> Order:
    """A blob of 1 KB that the app works on for so long."""
    name = f"blob-{number:05}"
    document = {"name": name, "bad": bad, "seconds": round(seconds, 4)}
    body = json.dumps(document).ljust(_BYTES).encode()
    return Order(name=name, bad=bad, body=body)


def write(folder: Path, *, in_storm: bool = True, start_from: str = "all", with_events: bool = False) -> None:
    """The app's files."""
    source = "EventGrid" if with_events else "LogsAndContainerScan"
    blobs: dict[str, object] = {"poisonBlobThreshold": ATTEMPTS}
    settings: dict[str, object] = {"version": "2.0", "extensions": {"blobs": blobs}}
    if in_storm:
        settings["singleton"] = _QUICK_TAKEOVER
        # What the account forgets that it had said yes to, only the full sweep can find.
        blobs["fullSweepInterval"] = "00:01:00"
    folder.mkdir(parents=True)
    (folder / "function_app.py").write_text(_APP.replace(_START_FROM, start_from).replace(_SOURCE, source))
    (folder / "host.json").write_text(json.dumps(settings))
