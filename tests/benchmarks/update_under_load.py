"""Updates of a local deployment while requests come: none may fail, and how long the longest waits.

`DOCKER_HOST` names an engine whose containers may use the machine's own network.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from infra.contract import Deployment
from infra.deploying import deploy, specify, undeploy
from tests.benchmarks.subject import table
from tests.support import base_image, engine, small_images

_BODY = b'{"data": [1, 2]}'
_REST = 2.0
"""Seconds of load before, between and after the updates."""


@dataclass(kw_only=True)
class Seen:
    """What the callers saw."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    seconds: float = 0.0
    stopping: bool = False

    @property
    def rate(self) -> float:
        return self.answers.total() / self.seconds


async def _caller(url: str, session: aiohttp.ClientSession, seen: Seen) -> None:
    while not seen.stopping:
        begun = time.monotonic()
        try:
            async with session.post(url, data=_BODY) as answer:
                content = await answer.read()
                if answer.status == 200:
                    seen.answers[f"version {json.loads(content)['version']}"] += 1
                else:
                    seen.failures[f"status {answer.status}"] += 1
        except aiohttp.ClientError as error:
            seen.failures[type(error).__name__] += 1
        seen.longest = max(seen.longest, time.monotonic() - begun)


async def _load(url: str, callers: int, seen: Seen, during: object) -> None:
    begun = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(_caller(url, session, seen)) for _ in range(callers)]
        await during
        seen.stopping = True
        await asyncio.gather(*tasks)
    seen.seconds = time.monotonic() - begun


async def _updates(specs: list, took: list[float]) -> None:
    await asyncio.sleep(_REST)
    for spec in specs:
        begun = time.monotonic()
        await asyncio.to_thread(deploy, spec)
        took.append(time.monotonic() - begun)
        await asyncio.sleep(_REST)


def _direct_url(found: Deployment) -> str:
    state = json.loads((Path(found.details["folder"]) / "state.json").read_text())
    return f"{state['current']['address']}/score"


def measured(names: list[str], callers: int, updates: int) -> int:
    """Print the table; how many requests failed."""
    with tempfile.TemporaryDirectory() as scratch:
        specs = [specify(f"docker:{name}", "local", name="load", folder=f"{scratch}/place") for name in names]
        try:
            found = deploy(specs[0])
            quiet, direct, loaded, took = Seen(), Seen(), Seen(), []
            asyncio.run(_load(_direct_url(found), callers, direct, asyncio.sleep(_REST)))
            asyncio.run(_load(f"{found.url}/score", callers, quiet, asyncio.sleep(_REST)))
            turns = [specs[(turn + 1) % 2] for turn in range(updates)]
            asyncio.run(_load(f"{found.url}/score", callers, loaded, _updates(turns, took)))
        finally:
            undeploy(specs[0])
    rows = [
        [what, f"{seen.rate:.0f}", str(seen.failures.total()), f"{seen.longest * 1000:.0f}", _counted(seen)]
        for what, seen in (("container alone", direct), ("through the front", quiet), (f"{updates} updates", loaded))
    ]
    heads = ["load", "requests/s", "failures", "longest ms", "answers"]
    print(table("Updates under load", heads, rows))
    print(f"updates took {', '.join(f'{each:.2f}' for each in took)} s; {callers} callers")
    return loaded.failures.total()


def _counted(seen: Seen) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted((seen.answers + seen.failures).items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--updates", type=int, default=3)
    arguments = parser.parse_args()
    found = engine.connect()
    if isinstance(found, str):
        sys.exit(found)
    base = base_image.imported(found)
    with tempfile.TemporaryDirectory() as source:
        names = [small_images.app_image(found, base, Path(source), f"under-load:{version}", {}) for version in (1, 2)]
    try:
        failed = measured(names, arguments.callers, arguments.updates)
    finally:
        for name in names:
            found.client.images.remove(name, force=True)
        found.client.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
