"""The description of the service's API, made from the script's schema decorators or from the packaged samples."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from function_host.scoring.inputs import SCHEMAS, has_schema
from function_host.scoring.sample_schema import INPUT, OUTPUT, packaged_sample, schema_of
from function_host.scoring.settings import ScoringSettings
from function_host.scoring.swagger_template import WEB_SERVICE, Service, openapi_3, swagger_2

_ALIASES = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}
_VERSIONS = ("2", "3", "3.1")
_FILES = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}


class Swagger:
    """The documents of one run(), by version; a file of the user's own wins over what is made."""

    def __init__(
        self,
        run: Callable[..., Any],
        settings: ScoringSettings,
        folders: Sequence[Path],
        service: Service = WEB_SERVICE,
    ) -> None:
        """`folders` are searched for swagger.json (or swagger2.json), swagger3.json and swagger3.1.json.

        The first of them has the packaged samples; they count unless run() has schema decorators.
        """
        made = {
            version: _read(folders, _FILES[version]) or _made(version, run, settings, folders, service)
            for version in _VERSIONS
        }
        self._documents = {version: document for version, document in made.items() if document is not None}

    def document(self, version: str) -> Mapping[str, Any]:
        """Raises KeyError with a sentence for a version that there is not."""
        known = _ALIASES.get(version)
        if known in self._documents:
            return self._documents[known]
        versions = ", ".join(sorted(self._documents))
        if known is None:
            raise KeyError(f"Swagger version [{version}] is not valid. Supported versions: [{versions}].")
        raise KeyError(
            f"Swagger version [{version}] is not supported for the scoring script. "
            f"Supported swagger versions: [{versions}]."
        )


def _read(folders: Sequence[Path], names: Sequence[str]) -> Mapping[str, Any] | None:
    for path in (folder / name for folder in folders for name in names):
        if path.is_file():
            document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return document
    return None


def sample_document(
    version: str, settings: ScoringSettings, folder: Path | None, service: Service
) -> Mapping[str, Any]:
    """What the samples in `folder` tell; `version` is "2", "3" or "3.1"."""
    input_schema, output_schema = (schema_of(packaged_sample(folder, name), version) for name in (INPUT, OUTPUT))
    return _around(version, settings, input_schema, output_schema, service)


def sample_of(run: Callable[..., Any]) -> str | None:
    """The input that the schema decorators of run() have as their example, as JSON; None without one."""
    if not has_schema(run):
        return None
    example = sys.modules[SCHEMAS].get_input_schema(run).get("example")
    return None if example is None else json.dumps(example)


def _made(
    version: str, run: Callable[..., Any], settings: ScoringSettings, folders: Sequence[Path], service: Service
) -> Mapping[str, Any] | None:
    """None for a version that cannot express one of the schemas, such as lists of mixed types in version 2."""
    if not has_schema(run):
        return sample_document(version, settings, folders[0] if folders else None, service)
    schemas = sys.modules[SCHEMAS]
    if not any(_ALIASES.get(each) == version for each in schemas.get_supported_versions(run)):
        return None
    return _around(version, settings, schemas.get_input_schema(run), schemas.get_output_schema(run), service)


def _around(
    version: str, settings: ScoringSettings, input_schema: object, output_schema: object, service: Service
) -> Mapping[str, Any]:
    if version == "2":
        return swagger_2(settings, input_schema, output_schema, service)
    return openapi_3("3.0.3" if version == "3" else "3.1.0", settings, input_schema, output_schema, service)
