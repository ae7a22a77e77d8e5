"""What a Docker Engine knows of an image in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packager.docker_engine import connect
from packager.errors import InvalidImage
from packager.inspecting_report import ImageContract, LayerInfo, PlatformImage


def inspect_in_engine(name: str, client: Any = None) -> ImageContract:
    """The contract of an image by its name or id; raises EngineUnavailable, and InvalidImage when there is none."""
    from docker.errors import ImageNotFound

    engine = client or connect()
    try:
        image = engine.images.get(name)
    except ImageNotFound as error:
        raise InvalidImage(f"The Docker Engine has no image {name!r}; 'docker images' lists those it has.") from error
    said, settings = image.attrs, image.attrs.get("Config") or {}
    variant = f"/{said['Variant']}" if said.get("Variant") else ""
    layers = _layers(said.get("RootFS", {}).get("Layers") or [], image.history())
    platform = f"{said.get('Os', 'linux')}/{said.get('Architecture', 'unknown')}{variant}"
    return ImageContract(
        reference=name,
        digest=image.id,
        labels=dict(settings.get("Labels") or {}),
        images=(PlatformImage(platform=platform, digest=image.id, layers=layers),),
        command=[*(settings.get("Entrypoint") or ()), *(settings.get("Cmd") or ())],
        user=str(settings.get("User") or ""),
        created=str(said.get("Created") or ""),
    )


def _layers(digests: Sequence[str], history: Sequence[Mapping[str, Any]]) -> Sequence[LayerInfo]:
    """The engine tells sizes with the history, the newest first, in which steps without a layer take no room."""
    steps = [step for step in reversed(history) if step.get("Size") or len(history) == len(digests)]
    return tuple(_described(digests, steps)) if len(steps) == len(digests) else tuple(_bare(digests))


def _described(digests: Sequence[str], steps: Sequence[Mapping[str, Any]]) -> Iterator[LayerInfo]:
    for digest, step in zip(digests, steps, strict=True):
        yield LayerInfo(digest=digest, size=int(step.get("Size", 0)), made_by=str(step.get("CreatedBy", "")))


def _bare(digests: Sequence[str]) -> Iterator[LayerInfo]:
    return (LayerInfo(digest=digest, size=0) for digest in digests)
