"""What the target `iot_edge` can be told."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class IotEdgeOptions:
    """Of the target `iot_edge`: how the module stands beside those of the runtime."""

    layered: bool = False
    """Write only this module, to lie over a deployment that has the runtime's own modules."""
    routes: tuple[str, ...] = ()
    """`NAME=FROM ... INTO ...`; none at all send what the module says to the cloud."""
    desired: str = ""
    """The desired properties of the module's twin: a JSON object."""
    binds: tuple[str, ...] = ()
    """Folders of the device in the module, `/on/device:/in/module`: for `folder:` accounts, they outlive it."""
    host_port: int = 0
    """Where the module answers on the device; 0 leaves it to the other modules, which reach it by its name."""
    startup_order: int | None = None
    """Modules with a smaller number start before it; None is last."""
    image_pull_policy: Literal["on-create", "never"] = "on-create"
    agent_image: str = "mcr.microsoft.com/azureiotedge-agent:1.5"
    hub_image: str = "mcr.microsoft.com/azureiotedge-hub:1.5"
    hub_ports: bool = True
    """Is the hub reached from outside the device, at 443, 5671 and 8883?"""
    keep_seconds: int = 7200
    """So long the hub keeps messages while nobody can take them."""
