"""Many registrations from several processes at once, some of them killed: `python -m tests.chaos.registrations`."""

import argparse
import hashlib
import itertools
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from infra.emulators import Azurite
from packager import Model
from packager.errors import PackagerError
from packager.models.opening import CONNECTION, open_registry
from packager.models.record import payload

NAME = "shared"
VICTIM = "victim"
"""The model of the process that is killed again and again."""
_LARGEST = 300_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard the storm is."""

    processes: int = 3
    registrations: int = 30
    """Of all processes together."""
    share_of_equal: float = 0.3
    """How many of the files are the same one."""
    kills: int = 0
    """How often a process that registers another model is killed, at a moment of chance."""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    versions: int
    looks: int
    """How often the registry was looked at while it was written to."""
    broken: Sequence[str]
    seconds: float


def content(plan: Plan, number: int) -> bytes:
    """What registration `number` registers: up to 300,000 bytes, sometimes the same as another one."""
    chance = random.Random(f"{plan.seed} {number}")
    if chance.random() < plan.share_of_equal:
        chance = random.Random(plan.seed)
    return chance.randbytes(chance.randrange(1, _LARGEST))


def register_some(plan: Plan, which: int, place: str, settings: Mapping[str, str], folder: str) -> list[int]:
    """Register every n-th file as fast as possible; run in a process of its own."""
    registry, given = open_registry(place, settings), []
    for number in range(which, plan.registrations, plan.processes):
        file = Path(folder) / f"{number}" / "model.bin"
        file.parent.mkdir()
        file.write_bytes(content(plan, number))
        given.append(Model.register(registry, file, NAME, tags={"number": number}).version)
    return given


def register_until_killed(plan: Plan, place: str, settings: Mapping[str, str], folder: str, started: Event) -> None:
    registry, file = open_registry(place, settings), Path(folder) / VICTIM
    for number in itertools.count():
        file.write_bytes(content(plan, number))
        started.set()
        Model.register(registry, file, VICTIM, tags={"number": number})


def kill_some(plan: Plan, place: str, settings: Mapping[str, str], folder: str) -> list[str]:
    """Kill a process in the middle of its registrations; what it registered must be whole, and nothing else seen."""
    spawn, chance, broken = multiprocessing.get_context("spawn"), random.Random(plan.seed), []
    for _ in range(plan.kills):
        started = spawn.Event()
        victim = spawn.Process(target=register_until_killed, args=(plan, place, settings, folder, started))
        victim.start()
        started.wait(30)
        time.sleep(chance.uniform(0, 0.1))
        victim.kill()
        victim.join()
        models = Model.list(open_registry(place, settings), VICTIM)
        broken += broken_promises(plan, models)
        if sorted(model.version for model in models) != [*range(1, len(models) + 1)]:
            broken.append(f"After a kill the versions are {[model.version for model in models]}.")
    return broken


def storm(plan: Plan, place: str, settings: Mapping[str, str], folder: Path) -> Report:
    """Put the plan into practice, look at the registry all the while, and judge what is there at the end."""
    registry, broken, looks, begun = open_registry(place, settings), [], 0, time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=folder) as inputs,
        multiprocessing.get_context("spawn").Pool(plan.processes) as pool,
        ThreadPoolExecutor(1) as aside,
    ):
        each = [(plan, which, place, settings, inputs) for which in range(plan.processes)]
        running = pool.starmap_async(register_some, each)
        killing = aside.submit(kill_some, plan, place, settings, inputs)
        while not (running.ready() and killing.done()):
            broken += broken_promises(plan, Model.list(registry, NAME)[:3])
            looks += 1
            time.sleep(0.05)
        given = [number for numbers in running.get() for number in numbers]
        broken += killing.result()
    models = Model.list(registry, NAME)
    broken += broken_promises(plan, models)
    if sorted(given) != [*range(1, plan.registrations + 1)]:
        broken.append(f"The numbers given out are {sorted(given)}.")
    if [model.version for model in reversed(models)] != [*range(1, plan.registrations + 1)]:
        broken.append(f"The versions are {[model.version for model in reversed(models)]}.")
    return Report(versions=len(models), looks=looks, broken=broken, seconds=time.monotonic() - begun)


def broken_promises(plan: Plan, models: Sequence[Model]) -> list[str]:
    """Models that cannot be loaded, or are not what was registered under their tag."""
    broken = []
    for model in models:
        expected = hashlib.sha256(content(plan, int(model.tags["number"]))).hexdigest()
        try:
            found = hashlib.sha256(model.path.read_bytes()).hexdigest()
        except PackagerError as error:
            broken.append(f"{model.id}: {error}")
            continue
        if {found, model.sha256} != {expected}:
            broken.append(f"{payload(model.model_version)} should be {expected} and is {found}.")
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--registrations", type=int, default=30, help="of all processes together")
    parser.add_argument("--kills", type=int, default=5, help="of one more process, in the middle of a registration")
    parser.add_argument("--registry", choices=["folder", "blob", "both"], default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    plan = Plan(processes=given.processes, registrations=given.registrations, kills=given.kills, seed=given.seed)
    with tempfile.TemporaryDirectory(prefix="registrations-") as scratch:
        reports = {}
        if given.registry in {"folder", "both"}:
            reports["folder"] = storm(plan, str(Path(scratch) / "registry"), {}, Path(scratch))
        if given.registry in {"blob", "both"}:
            azurite = Azurite()
            azurite.start()
            try:
                reports["blob"] = storm(plan, "blob:models", {CONNECTION: azurite.connection_string}, Path(scratch))
            finally:
                azurite.stop()
    for kind, report in reports.items():
        print(f"{kind}: {report.versions} versions of {plan.registrations} in {report.seconds:.1f} s, seed {plan.seed}")
        print(f"  {report.looks} looks while they were written, {len(report.broken)} broken promises")
        print("".join(f"  {line}\n" for line in report.broken), end="")
    return 1 if any(report.broken for report in reports.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
