"""The description of the service's API, made from the samples in the script's schema decorators."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from function_host.scoring.inputs import SCHEMAS, has_schema
from function_host.scoring.settings import ScoringSettings
from function_host.scoring.swagger_template import openapi_3, swagger_2

_ALIASES = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}
_VERSIONS = ("2", "3", "3.1")
_FILES = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}
_ANYTHING = {"type": "object", "example": {}}


class Swagger:
    """The documents of one run(), by version; a file of the user's own wins over what is made."""

    def __init__(self, run: Callable[..., Any], settings: ScoringSettings, folders: Sequence[Path]) -> None:
        """`folders` are searched for swagger.json (or swagger2.json), swagger3.json and swagger3.1.json."""
        made = {version: _read(folders, _FILES[version]) or _made(version, run, settings) for version in _VERSIONS}
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


def _made(version: str, run: Callable[..., Any], settings: ScoringSettings) -> Mapping[str, Any] | None:
    """None for a version that cannot express one of the schemas, such as lists of mixed types in version 2."""
    input_schema: object = _ANYTHING
    output_schema: object = _ANYTHING
    if has_schema(run):
        schemas = sys.modules[SCHEMAS]
        if not any(_ALIASES.get(each) == version for each in schemas.get_supported_versions(run)):
            return None
        input_schema, output_schema = schemas.get_input_schema(run), schemas.get_output_schema(run)
    if version == "2":
        return swagger_2(settings, input_schema, output_schema)
    return openapi_3("3.0.3" if version == "3" else "3.1.0", settings, input_schema, output_schema)
