"""What the doctor sees without asking anybody: settings, port, architecture, memory, and paths that feed themselves."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from infra.config import environment
from infra.contract import AppFunction, DeploymentSpec, Secret
from infra.doctor_finding import Finding, error, ok, plain, warning
from infra.errors import InvalidDeployment
from infra.proof_limits import KNOWN
from infra.registry import target_named
from infra.targets.azure_connections import is_given
from packager.staging.container import AZURE_HOST
from triggers.contract import Binding
from triggers.errors import InvalidPath
from triggers.paths import BlobPath

_AS_APP_SERVICE = frozenset({"functions", "app_service", "local"})
"""Targets that are told by WEBSITES_PORT where the app listens, and that can mount /home."""
_PROVIDE = frozenset({"arm", "local"})
"""Platforms that make an account for each connection that is not given."""
_ENTITIES = {
    "queuetrigger": ("queue", ("queueName",)),
    "servicebustrigger": ("servicebus", ("queueName", "topicName")),
}
"""Trigger -> the outputs that may feed it, and the options that then are the same."""
_MIB = 2**20
_LEAST = 64 * _MIB
"""What an idle host takes (tests/benchmarks/blob_delay.py)."""


def see_settings(spec: DeploymentSpec) -> Iterator[Finding]:
    """All that the specification alone tells."""
    yield from _rendering(spec)
    yield from _values(spec)
    yield from _runtime(spec)
    yield from _port(spec)
    yield from _architecture(spec)
    yield from _memory(spec)
    yield from _patterns(spec)


def _rendering(spec: DeploymentSpec) -> Iterator[Finding]:
    """What the target refuses by itself, and what becomes of connections that nobody gave."""
    missing = [name for name in spec.image.connections if not is_given(spec, name)]
    provides = target_named(spec.target).platform in _PROVIDE
    try:
        documents = target_named(spec.target).render(spec)
    except InvalidDeployment as refusal:
        told = str(refusal)
        yield error("target", told)
    else:
        told = ""
        yield ok("target", f"The target {spec.target!r} takes it: {len(documents)} documents.")
    for name in missing:
        if provides:
            yield ok("settings", f"{name!r} is not set; the target {spec.target!r} provides what it connects with.")
        elif repr(name) not in told:
            yield error("settings", f"{name!r} is not set: {spec.image.connections[name]}", f"--setting {name}=...")


def _values(spec: DeploymentSpec) -> Iterator[Finding]:
    variables = environment()
    for name, value in spec.settings.items():
        if isinstance(value, Secret) and value.variable and value.variable not in variables:
            yield error(
                "settings",
                f"The setting {name!r} is a secret in the environment variable {value.variable!r}, which is not set.",
                f"export {value.variable}=...",
            )
        elif value == "" and name in spec.image.connections:
            yield error("settings", f"The setting {name!r} is empty: {spec.image.connections[name]}")


def _runtime(spec: DeploymentSpec) -> Iterator[Finding]:
    worker = plain(spec, "FUNCTIONS_WORKER_RUNTIME")
    if worker and worker.lower() != "python":
        yield error(
            "runtime", f"FUNCTIONS_WORKER_RUNTIME is {worker!r}, but the functions are Python.", "Set it to python."
        )
    version = plain(spec, "FUNCTIONS_EXTENSION_VERSION")
    if version and version != "~4":
        yield error(
            "runtime", f"FUNCTIONS_EXTENSION_VERSION is {version!r}; Python 3.11 and later need ~4.", "Set it to ~4."
        )
    if spec.target in _AS_APP_SERVICE and plain(spec, "WEBSITES_ENABLE_APP_SERVICE_STORAGE").lower() in ("true", "1"):
        yield error(
            "runtime",
            "WEBSITES_ENABLE_APP_SERVICE_STORAGE is true, so that /home is mounted over the app in the image.",
            "Set it to false, or leave it out.",
        )


def _port(spec: DeploymentSpec) -> Iterator[Finding]:
    given = {name: plain(spec, name) for name in ("WEBSITES_PORT", "PORT")}
    given = {name: value for name, value in given.items() if value}
    follows = spec.target in _AS_APP_SERVICE and spec.image.host != AZURE_HOST
    for name, value in given.items():
        if not value.isdecimal() or not 0 < int(value) < 65536:
            yield error("port", f"{name} is {value!r}, which is no port.", "Give a number from 1 to 65535.")
        elif int(value) != spec.image.port and not follows:
            yield error(
                "port",
                f"{name} is {value}, but the image listens on {spec.image.port}, and so the target {spec.target!r} "
                "asks there.",
                f"Leave {name} out.",
            )
    if len(set(given.values())) > 1:
        yield error("port", f"WEBSITES_PORT is {given['WEBSITES_PORT']}, but PORT is {given['PORT']}.", "Keep one.")
    if not given:
        yield ok("port", f"The image listens on {spec.image.port}, and no setting says otherwise.")


def _architecture(spec: DeploymentSpec) -> Iterator[Finding]:
    platforms = spec.image.platforms
    if any(each.startswith("linux/amd64") for each in platforms):
        yield ok("architecture", f"The image is for {', '.join(platforms)}.")
    elif target_named(spec.target).platform == "arm":
        yield error(
            "architecture",
            f"The image is for {', '.join(platforms)}; the target {spec.target!r} runs linux/amd64.",
            "Package it with platforms=('linux/amd64',).",
        )
    else:
        yield warning("architecture", f"The image is for {', '.join(platforms)}; no other machine runs it.")


def _memory(spec: DeploymentSpec) -> Iterator[Finding]:
    asked, most = spec.size.memory, getattr(spec.options, "memory_limit", None)
    if asked is not None and most is not None and most < asked:
        yield error(
            "memory",
            f"{_mebibytes(asked)} are asked for, but memory_limit is {_mebibytes(most)}.",
            "Raise memory_limit, or ask for less.",
        )
        return
    sku = str(getattr(spec.options, "sku", "")).lower()
    plan = next((name for name in (f"app_service_{sku}", f"functions_premium_{sku}") if name in KNOWN), "")
    has = KNOWN[plan].memory if plan else asked
    if has is None:
        yield ok("memory", "None is asked for, so that the app gets what the target gives by itself.")
    elif has < _LEAST:
        yield error(
            "memory",
            f"The app gets {_mebibytes(has)}, but the host and its Python take {_mebibytes(_LEAST)} before any model.",
            "Ask for more; `packager test` tells what the app takes.",
        )
    else:
        yield ok("memory", f"The app gets {_mebibytes(has)}; `packager test` tells what it takes.")


def _mebibytes(size: int) -> str:
    return f"{size / _MIB:.0f} MiB"


def _patterns(spec: DeploymentSpec) -> Iterator[Finding]:
    """What a function writes must not fire it again, not by way of other functions either."""
    functions = {each.name: each for each in spec.image.functions}
    feeding = {
        name: [other for other, one in functions.items() if any(_feeds(out, fed.trigger) for out in one.outputs)]
        for name, fed in functions.items()
    }
    try:
        TopologicalSorter(feeding).prepare()
    except CycleError as cycle:
        way = " -> ".join(cycle.args[1])
        first = functions[cycle.args[1][0]]
        yield error(
            "patterns",
            f"What is written starts the same functions again, for ever: {way} ({_place(first)}).",
            "Write to another container or queue than the one that is waited at.",
        )
        return
    if functions:
        yield ok("patterns", "No function is fired by what it writes.")


def _feeds(output: Binding, trigger: Binding) -> bool:
    if output.option("connection") != trigger.option("connection"):
        return False
    kind = trigger.type.lower()
    if kind == "blobtrigger" and output.type.lower() == "blob":
        try:
            return BlobPath.parse_trigger(trigger.option("path")).overlaps(BlobPath.parse(output.option("path")))
        except InvalidPath:
            return False
    fed_by, options = _ENTITIES.get(kind, ("", ()))
    same = (output.option(each).lower() == trigger.option(each).lower() != "" for each in options)
    return output.type.lower() == fed_by and any(same)


def _place(function: AppFunction) -> str:
    said = function.trigger
    return said.option("path") or said.option("queueName") or said.option("topicName")
