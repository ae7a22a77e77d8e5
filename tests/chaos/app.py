"""The function app that runs under fire: every run is noted in a journal when it begins and when it ends."""

import json
from pathlib import Path

JOURNAL = "CHAOS_JOURNAL"
"""The environment variable that names the journal."""
PERIOD = 4
"""Seconds between two occurrences of the timer `tick`."""

_HOST_JSON = {
    "version": "2.0",
    "extensions": {"queues": {"batchSize": 4, "newBatchThreshold": 2, "maxPollingInterval": "00:00:01"}},
}

_HEAD = f"""
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


def work(event: str, body: bytes) -> bytes:
    note("begun", event)
    order = json.loads(body)
    time.sleep(order["seconds"])
    note("ended", event)
    return answer(order)


def answer(order: dict) -> bytes:
    return json.dumps({{"square": order["number"] ** 2}}).encode()


@app.blob_trigger(arg_name="blob", path="input/{{name}}.json", connection="Store")
@app.blob_output(arg_name="$return", path="output/blob-{{name}}", connection="Store")
def on_blob(blob: func.InputStream) -> bytes:
    return work("blob-" + Path(blob.name).stem, blob.read())


@app.timer_trigger(arg_name="timer", schedule="*/{PERIOD} * * * * *")
def tick(timer: func.TimerRequest) -> None:
    occurrence = f"tick-{{int(time.time() // {PERIOD})}}"
    note("begun", occurrence)
    time.sleep(0.3)
    note("ended", occurrence)


@app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def minute(timer: func.TimerRequest) -> None:
    occurrence = f"minute-{{int(time.time() // 60)}}"
    note("begun", occurrence)
    time.sleep(0.3)
    note("ended", occurrence)
"""

_QUEUE = """

@app.queue_trigger(arg_name="message", queue_name="orders", connection="Store")
@app.blob_output(arg_name="$return", path="output/message-{name}", connection="Store")
def on_message(message: func.QueueMessage) -> bytes:
    return work("message-" + message.get_json()["name"], message.get_body())
"""


def write(folder: Path, *, with_queue: bool) -> None:
    """The app's files; without a queue it runs on a folder account, too."""
    folder.mkdir(parents=True)
    (folder / "function_app.py").write_text(_HEAD + (_QUEUE if with_queue else ""))
    (folder / "host.json").write_text(json.dumps(_HOST_JSON))
