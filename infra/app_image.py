"""What an image says it runs: its functions with their bindings, read from its labels without running it."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from infra.contract import AppFunction, AppImage
from packager.inspecting import inspect_image
from packager.inspecting_report import ImageContract
from packager.oci.connecting import RegistryAccess
from packager.package import required_connections
from packager.staging.container import AZURE_HOST, OWN_HOST, container
from triggers.contract import NO_HEADERS, Binding
from triggers.declared import declared_functions
from triggers.registry import by_name


def app_image(image: str, *, access: RegistryAccess | None = None, engine: Any = None) -> AppImage:
    """The app in `image`, a name as inspect_image() takes it.

    Raises what inspect_image() raises, and UnknownTrigger for an image of a newer packager.
    """
    return _app(image, inspect_image(image, access=access, engine=engine))


def functions_of_triggers(triggers: Mapping[str, Mapping[str, Any]]) -> tuple[AppFunction, ...]:
    """The functions that a package with these triggers has; raises UnknownTrigger and InvalidOptions."""
    app = func.FunctionApp()
    for name, options in triggers.items():
        by_name(name).options(**options).declare(app, _NoScript())
    return tuple(_function(each) for each in declared_functions(app)) if triggers else ()


def _app(image: str, found: ImageContract) -> AppImage:
    host = OWN_HOST if "function_host" in found.command else AZURE_HOST
    return AppImage(
        reference=_pinned(image, found),
        functions=functions_of_triggers(found.triggers),
        connections=required_connections(found.triggers),
        platforms=tuple(found.platforms),
        port=container(host, {}).port,
        host=host,
    )


def _pinned(image: str, found: ImageContract) -> str:
    """By digest where it is in a registry, so that a tag that moves changes nothing that runs."""
    kind, _, rest = image.partition(":")
    if kind == "docker":
        return rest
    name = found.reference
    return name if "@" in name or kind in ("oci", "archive") else f"{name}@{found.digest}"


def _function(found: Any) -> AppFunction:
    bindings = [_binding(json.loads(raw)) for raw in found.get_raw_bindings()]
    trigger = next(each for each in bindings if each.is_trigger)
    outputs = tuple(each for each in bindings if each is not trigger)
    return AppFunction(name=found.get_function_name(), trigger=trigger, outputs=outputs)


def _binding(said: Mapping[str, Any]) -> Binding:
    options = {key: value for key, value in said.items() if key not in {"type", "name", "direction"}}
    return Binding(type=str(said["type"]), name=str(said["name"]), direction=str(said["direction"]), options=options)


class _NoScript:
    """Stands where the script will be; never called, as nothing runs the app: it is only looked at."""

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse:
        raise NotImplementedError

    async def handle(self, body: object, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        raise NotImplementedError
