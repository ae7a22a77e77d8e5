"""Where an app in a container tells without a key that it is there, and that it takes events."""

from infra.contract import AppImage
from packager.staging.container import AZURE_HOST

PING = "/admin/host/ping"
"""Either host answers there."""


def live_path(image: AppImage) -> str:
    """An answer says that the container need not be started again."""
    return PING if image.host == AZURE_HOST else "/health/live"


def ready_path(image: AppImage) -> str:
    """An answer of 200 says that it takes requests."""
    return PING if image.host == AZURE_HOST else "/health/ready"
