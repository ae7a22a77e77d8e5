"""Images for deployments: an app that answers with its version, and what can be wrong with an image."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packager import Environment, InferenceConfig, package
from packager.builders.docker import DockerBuilder
from tests.support.engine import DockerEngine

SCRIPT = """
import json
import os
import time


def init():
    time.sleep(float(os.environ.get("INIT_SECONDS", "0")))


def run(raw_data):
    data = json.loads(raw_data)
    time.sleep(data.get("seconds", 0))
    return {{"sum": sum(data["data"]), "version": {version}, "greeting": os.environ.get("GREETING", "")}}
"""
SERVER = """
import http.server, os, sys
well = True
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global well
        well = well and self.path != "/sick"
        self.send_response(200 if well else 500)
        self.end_headers()
        self.wfile.write(f"{os.getpid()} {os.environ.get('WEBSITE_SITE_NAME')}".encode())
    def log_message(self, *_): print(self.path, flush=True)
print("listening", flush=True)
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""


def app_image(engine: DockerEngine, base: str, source: Path, name: str, triggers: dict[str, object]) -> str:
    """An image called `name:<version>` of a script that answers with that version, taken from the name's tag."""
    source.mkdir(parents=True, exist_ok=True)
    (source / "score.py").write_text(SCRIPT.format(version=int(name.rpartition(":")[2])))
    config = InferenceConfig("score.py", source_directory=source, environment=Environment("small"))
    given = {"triggers": triggers} if triggers else {}
    made = package(
        None, [], config, base_image=base, image_name=name, proof=False, builder=DockerBuilder(engine.client), **given
    )
    return made.location


@contextmanager
def with_command(engine: DockerEngine, image: str, name: str, command: Sequence[str], port: int = 0) -> Iterator[str]:
    """`image` with another command, which exposes `port` if there is one."""
    container = engine.client.containers.create(image, [*command])
    changes = [f"CMD {json.dumps([*command])}", *([f"EXPOSE {port}"] if port else [])]
    repository, _, tag = name.partition(":")
    try:
        container.commit(repository, tag, changes=changes)
    finally:
        container.remove()
    try:
        yield name
    finally:
        engine.client.images.remove(name, force=True)
