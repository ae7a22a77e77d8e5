"""The API description of a packaged script that has not been loaded, as it will be told when it runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from function_host.scoring.settings import ScoringSettings, settings_of
from function_host.scoring.swagger import sample_document
from function_host.scoring.swagger_template import WEB_SERVICE, Service, function_service

_VERSION = "3"


def describe_package(
    folder: Path, variables: Mapping[str, str], http: Mapping[str, object] | None, *, is_web_service: bool
) -> Mapping[str, Any]:
    """OpenAPI 3.0 made of the samples in `folder`, for a script without schema decorators.

    `variables` are those that the package sets, and `http` the options of its HTTP function, None without one.
    """
    settings: ScoringSettings = settings_of(variables)
    return sample_document(_VERSION, settings, folder, WEB_SERVICE if is_web_service else _functions(http))


def _functions(http: Mapping[str, object] | None) -> Service:
    if http is None:
        return function_service("", "", needs_key=False)
    route, level = str(http.get("route") or "score").strip("/"), http.get("auth_level") or "function"
    return function_service(f"/api/{route}", "/api/swagger.json", needs_key=str(level).lower() != "anonymous")
