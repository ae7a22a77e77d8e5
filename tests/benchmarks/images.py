"""Images of one model by our two builders, BentoML and MLflow: builds, pushes, sizes, first answers.

`DOCKER_HOST` names an engine that nobody else uses: its build cache is thrown away. Needs `docker-registry`.
"""

import argparse
import json
import re
import shutil
import statistics
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from packager import Environment, InferenceConfig, package
from packager.builders import ImageBuilder, buildkit
from packager.builders.cache import BuildCache
from packager.builders.docker import DockerBuilder
from packager.builders.oci import OciBuilder
from packager.image_reference import published_reference
from packager.publishers import Publisher
from packager.publishers.docker import DockerPublisher
from packager.publishers.registry import RegistryPublisher
from tests.benchmarks import image_peers
from tests.benchmarks.image_peers import Peer
from tests.benchmarks.subject import BODY, EXAMPLE, table
from tests.support import base_image, engine, registry

_PATIENCE = 120.0
_JSON = {"Content-Type": "application/json"}


class Contender(Protocol):
    """One way to make an image of the model."""

    name: str
    port: int
    route: str
    body: str
    command: Sequence[str] | None
    environment: Mapping[str, str]

    def forget(self) -> None:
        """What was built before does not help the next build."""
        ...

    def build(self) -> str:
        """The image's name in the engine."""
        ...

    def edit_script(self) -> bool:
        """False where there is no script."""
        ...

    def edit_model(self) -> None: ...

    def push(self, address: str) -> int | None:
        """Bytes that were sent; None where nobody counts them."""
        ...


@dataclass(kw_only=True)
class Ours:
    """package() with one of our builders."""

    name: str
    folder: Path
    base: str
    builder: Callable[[], ImageBuilder]
    publisher: Publisher
    engine: Any
    forgetting: Callable[[], None]
    port: int = 8080
    route: str = "/score"
    body: str = BODY
    command: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    made: Any = None

    def forget(self) -> None:
        self.forgetting()

    def build(self) -> str:
        environment = Environment.from_pip_requirements("diabetes", EXAMPLE / "requirements.txt")
        config = InferenceConfig("score.py", source_directory=self.folder / "source", environment=environment)
        models = [self.folder / "model.joblib"]
        name = f"bench-{self.name.split()[0].lower()}"
        self.made = package(
            None, models, config, base_image=self.base, image_name=f"{name}:1", builder=self.builder(), proof=False
        )
        return f"{name}:1"

    def edit_script(self) -> bool:
        _append(self.folder / "source" / "score.py", f"\n# {time.time()}\n")
        return True

    def edit_model(self) -> None:
        _append(self.folder / "model.joblib", "x")

    def push(self, address: str) -> int | None:
        target = published_reference(address, self.made.image.reference)
        lines: list[str] = []
        self.publisher.publish(self.made.image, target, lines.append)
        found = re.search(r": ([\d,]+) bytes", "\n".join(lines))
        return int(found[1].replace(",", "")) if found else None


@dataclass(kw_only=True)
class Theirs:
    """`docker build` of a peer's own Dockerfile."""

    peer: Peer
    engine: Any
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name, self.port = self.peer.name, self.peer.port
        self.route, self.body, self.command = self.peer.route, self.peer.body, self.peer.command

    def forget(self) -> None:
        _prune(self.engine)

    def build(self) -> str:
        image = f"bench-{self.name.lower()}:1"
        with tempfile.TemporaryFile() as stream:
            # BuildKit does not know Python's own kind of tar.
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
                tar.add(self.peer.context, arcname=".")
            stream.seek(0)
            for message in buildkit.build(self.engine, stream, tag=image, network="host"):
                if "error" in message:
                    raise RuntimeError(message["error"])
        return image

    def edit_script(self) -> bool:
        if self.peer.script is None:
            return False
        _append(self.peer.script, f"\n# {time.time()}\n")
        return True

    def edit_model(self) -> None:
        _append(self.peer.model, "x")

    def push(self, address: str) -> int | None:
        target = f"{address}/bench-{self.name.lower()}"
        self.engine.api.tag(f"bench-{self.name.lower()}:1", target, "1", force=True)
        for message in self.engine.api.push(target, tag="1", stream=True, decode=True):
            if "error" in message:
                raise RuntimeError(message["error"])
        return None


def measured(contender: Contender, client: Any, address: str, data: Path, rounds: int) -> list[str]:
    """One row of the table."""
    contender.forget()
    cold, image = _timed(contender.build)
    on_disk = client.images.get(image).attrs["Size"]
    _pushed(contender, address, data)
    starts = [_first_answer(contender, client, image) for _ in range(rounds)]
    warm = [_timed(contender.build)[0] for _ in range(rounds)]
    script, script_push = _after(contender, contender.edit_script, address, data, rounds)
    model, model_push = _after(contender, contender.edit_model, address, data, rounds)
    return [
        contender.name,
        f"{cold:.1f}",
        f"{statistics.median(warm):.2f}",
        script,
        script_push,
        model,
        model_push,
        f"{_compressed(address, image) / 1e6:.0f}",
        f"{on_disk / 1e6:.0f}",
        " / ".join(f"{statistics.median(each):.2f}" for each in zip(*starts, strict=True)),
    ]


def _after(
    contender: Contender, edit: Callable[[], bool | None], address: str, data: Path, rounds: int
) -> tuple[str, str]:
    """Seconds of a build after the edit, and seconds and bytes of its push: medians."""
    builds, pushes = [], []
    for _ in range(rounds):
        if edit() is False:
            return "-", "-"
        builds.append(_timed(contender.build)[0])
        pushes.append(_pushed(contender, address, data))
    seconds = statistics.median(each[0] for each in pushes)
    return f"{statistics.median(builds):.2f}", f"{seconds:.2f} / {statistics.median(each[1] for each in pushes):,.0f}"


def _pushed(contender: Contender, address: str, data: Path) -> tuple[float, int]:
    """Seconds and bytes: those that were sent, or by which the registry's data grew."""
    before = _bytes_below(data)
    seconds, sent = _timed(lambda: contender.push(address))
    return seconds, _bytes_below(data) - before if sent is None else sent


def _compressed(address: str, image: str) -> int:
    """Bytes of all layers, as a registry keeps them."""
    name, _, tag = image.partition(":")
    accepted = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(f"http://{address}/v2/{name}/manifests/{tag}", headers={"Accept": accepted})
    with urllib.request.urlopen(request, timeout=30) as response:
        return sum(layer["size"] for layer in json.load(response)["layers"])


def _first_answer(contender: Contender, client: Any, image: str) -> tuple[float, float]:
    """Seconds to the first prediction: since the engine was asked to start a container, and since it had done so."""
    container = client.containers.create(image, contender.command, environment=dict(contender.environment))
    try:
        begun = time.perf_counter()
        container.start()
        container.reload()
        (network,) = container.attrs["NetworkSettings"]["Networks"].values()
        url = f"http://{network['IPAddress']}:{contender.port}{contender.route}"
        request = urllib.request.Request(url, contender.body.encode(), _JSON)
        while time.perf_counter() - begun < _PATIENCE:
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    json.load(response)
                return time.perf_counter() - begun, time.time() - _started_at(container)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.01)
        raise RuntimeError(f"{image} does not answer; it says: {container.logs().decode()[-2000:]}")
    finally:
        container.remove(force=True)


def _started_at(container: Any) -> float:
    """By the engine's clock, which is this machine's; it tells more digits than Python reads."""
    text = str(container.attrs["State"]["StartedAt"])
    return datetime.fromisoformat(f"{text[:26].rstrip('Z')}+00:00").timestamp()


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    given = call()
    return time.perf_counter() - begun, given


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _append(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text)


def _prune(client: Any) -> None:
    for image in client.images.list():
        if any(tag.startswith("bench-") for tag in image.tags):
            client.images.remove(image.id, force=True)
    client.api.prune_builds(all=True)


def contenders(folder: Path, client: Any, base: str) -> Sequence[Contender]:
    """Ours on the base that the others have too, ours on a base made of Debian packages, and the peers."""
    sys.path.insert(0, str(EXAMPLE))
    from train import train

    model = train(folder / "model")
    found: list[Contender] = []
    caches = {name: folder / f"cache-{name.lower()}" for name in ("OCI", "Slim")}
    for name, (cache, own_base) in {
        "OCI builder": (caches["OCI"], f"docker:{base}"),
        "Slim base, OCI builder": (caches["Slim"], "debian-packages:bookworm"),
    }.items():
        found.append(
            Ours(
                name=name,
                folder=_source(folder / name.split()[0], model),
                base=own_base,
                builder=lambda cache=cache: OciBuilder(cache=BuildCache.open(cache), engine=client),
                publisher=RegistryPublisher(),
                engine=client,
                forgetting=lambda cache=cache: (shutil.rmtree(cache, ignore_errors=True), _prune(client)),
            )
        )
    docker = Ours(
        name="Docker builder",
        folder=_source(folder / "Docker", model),
        base=base,
        builder=lambda: DockerBuilder(client),
        publisher=DockerPublisher(client),
        engine=client,
        forgetting=lambda: _prune(client),
    )
    peers = [Theirs(peer=peer, engine=client) for peer in image_peers.prepared(folder, model, base)]
    return [*found, docker, *peers]


def _storage(folder: Path) -> Mapping[str, object]:
    return {"storage": {"filesystem": {"rootdirectory": str(folder / "registry")}}}


def _source(folder: Path, model: Path) -> Path:
    (folder / "source").mkdir(parents=True)
    shutil.copy(EXAMPLE / "score.py", folder / "source")
    shutil.copy(model, folder / "model.joblib")
    return folder


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="contenders whose names contain this")
    options = parser.parse_args()
    found = engine.connect()
    if isinstance(found, str):
        raise SystemExit(found)
    client = found.client
    base = base_image.imported(found)
    with tempfile.TemporaryDirectory(prefix="images-") as name, registry.running(_storage(Path(name))) as address:
        folder = Path(name)
        rows = []
        for contender in contenders(folder, client, base):
            if not options.only or options.only.lower() in contender.name.lower():
                rows.append(measured(contender, client, address, folder / "registry", options.rounds))
                print(rows[-1], file=sys.stderr, flush=True)
        _prune(client)
    heads = ["", "cold s", "again s", "script s", "push s / bytes", "model s", "push s / bytes"]
    print(table("Images", [*heads, "compressed MB", "on disk MB", "first answer s after asked / started"], rows))


if __name__ == "__main__":
    main()
