"""What the images of web services were made of, known to the process that made them, and made of it again."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.errors import WebserviceFailed
from infra.webservices.making import packaged
from infra.webservices.records import ServiceRecord
from packager.docker_engine import connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """Models and a script; `image_config` is what the script was called before there was InferenceConfig."""

    models: Sequence[Any]
    inference_config: Any = None
    image_config: Any = None


_known: dict[str, Ingredients] = {}


def made(workspace: Any, record: ServiceRecord, of: Ingredients) -> ServiceRecord:
    """The service with a new image; raises what packaged() does."""
    with tempfile.TemporaryDirectory() as folder:
        old = of.image_config
        script = old.inference_config(Path(folder)) if old is not None else of.inference_config
        image = packaged(workspace, record.name, of.models, script, record.compute_type)
    _known[image] = of
    return replace(record, image=image, models=[str(getattr(model, "id", model)) for model in of.models])


def made_again(
    workspace: Any, record: ServiceRecord, models: Sequence[Any] | None, inference_config: Any, image_config: Any
) -> ServiceRecord:
    """The same with what is given replaced; raises WebserviceFailed when its script is not known here."""
    before = ingredients_of(record) if None in (models, inference_config or image_config) else None
    script = {"inference_config": inference_config, "image_config": image_config}
    if before is not None and inference_config is None and image_config is None:
        script = {"inference_config": before.inference_config, "image_config": before.image_config}
    chosen = before.models if models is None and before is not None else models
    return made(workspace, record, Ingredients(models=list(chosen or ()), **script))


def ingredients_of(record: ServiceRecord) -> Ingredients:
    """Raises WebserviceFailed in a process that did not make the image."""
    if record.image not in _known:
        raise WebserviceFailed(
            f"The service {record.name} was made by another process, so its models and script are not known here; give "
            "models= and inference_config=."
        )
    return _known[record.image]


def taken_out(image: str) -> None:
    """Take it out of the Docker Engine; one in a registry stays there."""
    from docker.errors import APIError

    if image.startswith("docker:"):
        with suppress(APIError):
            connect().images.remove(image.removeprefix("docker:"), force=True)
