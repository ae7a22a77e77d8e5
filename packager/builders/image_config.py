"""The configuration of a package's image: its base's, and how its own containers start."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from packager.builders.base import Base
from packager.builders.base_facts import DEFAULT_PATH
from packager.builders.bytecode import Compiler
from packager.builders.image_layers import NamedLayer
from packager.config import source_date
from packager.oci.manifest import ImageConfig
from packager.staging.container import ROOT, STOP_SIGNAL, Container
from packager.staging.labels import BASE_DIGEST, BASE_NAME, COMPILER, ZLIB, package_labels


def image_labels(app: Path, base: Base, compiler: Compiler | None, more: Mapping[str, str]) -> Mapping[str, str]:
    """The labels of a staged app, and what only the one who builds knows."""
    made_by = {
        BASE_NAME: base.name,
        BASE_DIGEST: base.manifest.digest,
        COMPILER: compiler.name if compiler is not None else "none",
        ZLIB: zlib.ZLIB_RUNTIME_VERSION,
    }
    return {**package_labels(app), **more, **made_by}


def image_config(
    base: ImageConfig, layers: Sequence[NamedLayer], container: Container, labels: Mapping[str, str], tini: str
) -> ImageConfig:
    """The configuration of an image with `layers` above its base; `tini` is where that is, '' if it is not there."""
    created = datetime.fromtimestamp(source_date(), UTC).isoformat().replace("+00:00", "Z")
    settings = {name: value for name, value in base.settings.items() if name != "OnBuild"}
    environment = {"PATH": DEFAULT_PATH, **base.environment, **container.environment}
    settings |= {
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": {**base.labels, **labels},
        "WorkingDir": ROOT,
        "ExposedPorts": {f"{container.port}/tcp": {}},
        "StopSignal": STOP_SIGNAL,
    }
    settings |= {"User": container.user} if container.user else {}
    settings |= {"Healthcheck": container.health_check()} if container.health else {}
    if container.command:
        settings["Cmd"] = list(container.command)
        # Tini reaps what scripts leave behind, and hands signals on. A base's own would take our command
        # for its arguments.
        settings["Entrypoint"] = [tini, "--"] if tini else []
    return ImageConfig(
        platform=base.platform,
        settings=settings,
        diff_ids=[*base.diff_ids, *(each.layer.diff_id for each in layers)],
        history=_history(base, layers, created),
        created=created,
    )


def _history(base: ImageConfig, layers: Sequence[NamedLayer], created: str) -> list[Mapping[str, object]]:
    """Engines refuse a history of another length than the layers; a base may well have none."""
    if sum(not each.get("empty_layer") for each in base.history) != len(base.diff_ids):
        return []
    return [*base.history, *({"created": created, "created_by": f"packager: {each.name}"} for each in layers)]
