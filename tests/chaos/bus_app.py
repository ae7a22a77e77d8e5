"""The function app of the many messages: some of them fail in every run, and every run is noted in a journal."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.app import JOURNAL

SETTING = "Bus"
IN, OUT = "in", "out"
DELIVERIES = 10
LOCK_SECONDS = 10

NAMESPACE: Mapping[str, object] = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "Queues": [
                    {"Name": name, "Properties": {"MaxDeliveryCount": DELIVERIES, "LockDuration": f"PT{LOCK_SECONDS}S"}}
                    for name in (IN, OUT)
                ],
                "Topics": [],
            }
        ],
        "Logging": {"Type": "Console"},
    }
}
"""The Config.json of the bus that the app needs."""

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


@app.service_bus_queue_trigger(arg_name="message", queue_name="{IN}", connection="{SETTING}")
@app.service_bus_queue_output(arg_name="$return", queue_name="{OUT}", connection="{SETTING}")
def on_message(message: func.ServiceBusMessage) -> bytes:
    body = message.get_body()
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
    """One message of the storm; its name is its message id."""

    name: str
    bad: bool
    body: bytes

    @property
    def answer(self) -> bytes:
        return hashlib.sha256(self.body).hexdigest().encode()


def order(number: int, *, bad: bool, seconds: float) -> Order:
    """The order of that number, whose run takes so many seconds."""
    name = f"message-{number:05}"
    body = json.dumps({"name": name, "bad": bad, "seconds": round(seconds, 4)}).encode()
    return Order(name=name, bad=bad, body=body)


def write(folder: Path) -> None:
    """The app's files."""
    folder.mkdir(parents=True)
    (folder / "function_app.py").write_text(_APP)
    (folder / "host.json").write_text('{"version": "2.0"}')
