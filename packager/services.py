"""Web services: who deploys packages is found by name, as the packager itself runs nothing."""

from importlib.metadata import entry_points
from typing import Any

from packager.errors import InvalidPackageRequest

GROUP = "packager.services"
_NAME = "webservices"


def services() -> Any:
    """The module with the classes of web services, deploy_models() and services_of(); raises InvalidPackageRequest."""
    found = [entry for entry in entry_points(group=GROUP) if entry.name == _NAME]
    if not found:
        raise InvalidPackageRequest(
            f"Nothing that deploys packages is installed: there is no entry point {_NAME!r} in the group {GROUP}. "
            "Install functions-packager again, or package() and run the image yourself."
        )
    return found[0].load()
