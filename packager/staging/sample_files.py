"""Write the samples into the app, and the API description that can be made of them."""

import json
from importlib.metadata import entry_points
from pathlib import Path

from packager.request import PackageRequest
from packager.samples import INPUT, OUTPUT, Samples
from packager.staging.companions import imports_schemas

DESCRIPTION = "openapi.json"
_GROUP = "packager.descriptions"
_OWN = ("swagger.json", "swagger2.json", "swagger3.json", "swagger3.1.json")


def write_samples(request: PackageRequest, work: Path, source: Path) -> tuple[str, ...]:
    """The names of the files that were written to `work`, whose folder `source` has the script's project."""
    names = _write(request.samples, work)
    if _tells_more(request, source) or not names:
        return names
    (work / DESCRIPTION).write_text(_description(request, work), encoding="utf-8")
    return (*names, DESCRIPTION)


def _write(samples: Samples, work: Path) -> tuple[str, ...]:
    names = []
    for stem, sample in ((INPUT, samples.input), (OUTPUT, samples.output)):
        if sample is not None:
            names.append(sample.file_name(stem))
            (work / names[-1]).write_bytes(sample.content)
    return tuple(names)


def _tells_more(request: PackageRequest, source: Path) -> bool:
    """Decorators, and a description of the user's own, say more than a sample can."""
    script = source / request.entry_script
    folders = {source, script.parent}
    return imports_schemas(script) or any((folder / name).is_file() for folder in folders for name in _OWN)


def _description(request: PackageRequest, work: Path) -> str:
    """As the app itself will tell it: the host's own maker of descriptions is found by its entry point."""
    (entry,) = entry_points(group=_GROUP, name="openapi")
    variables = request.environment.environment_variables
    http = request.triggers.get("http")
    document = entry.load()(work, variables, http, is_web_service=request.is_web_service)
    return json.dumps(document, indent=2) + "\n"
