"""What every target in Azure can be told: where, and how the app proves who it is."""

from dataclasses import dataclass
from typing import Any

from infra.contract import DeploymentSpec
from infra.errors import InvalidDeployment
from infra.resources.expressions import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureOptions:
    """Common to the targets in Azure."""

    resource_group: str = ""
    """Made when it is not there; empty is `<name of the app>-group`."""
    region: str = "westeurope"
    subscription: str = ""
    """Its id; empty is the one that the caller's environment or login says."""
    keys: bool = False
    """Connect with keys and passwords that are read when it is deployed, in place of the app's identity and roles."""
    storage: str = ""
    """The name for the storage account of the host; empty is one made of the app's name."""
    storage_sku: str = "Standard_LRS"
    """How many copies the accounts keep that are made: Standard_LRS, Standard_ZRS, Standard_GRS, ..."""
    trigger_storage: str = ""
    """A storage account that is there already, `name` or `group/name`, where the triggers look; empty makes one."""
    event_topic: str = ""
    """The name for the Event Grid topic that tells of new blobs; one that is there is used as it is. Empty is
    `<account>-events`, and none at all for `trigger_storage`."""
    service_bus: str = ""
    """A Service Bus namespace that is there already, `name` or `group/name`; empty makes one if a trigger needs it."""
    registry_group: str = ""
    """The resource group of the registry with the image; empty is the deployment's."""
    vault_group: str = ""
    """The resource group of the vaults that settings name; empty is the deployment's."""
    ready_timeout: float = 230.0
    """Seconds that a started app has to answer; then what ran before is put back."""


def azure_options(spec: DeploymentSpec, kind: type[AzureOptions]) -> Any:
    """The options of `spec`, the defaults when it has none; raises InvalidDeployment for another target's."""
    options = kind() if spec.options is None else spec.options
    if not isinstance(options, kind):
        raise InvalidDeployment(
            f"The options of deployment {spec.name!r} are {type(options).__name__}; this target takes {kind.__name__}."
        )
    return options


def resource_group(spec: DeploymentSpec) -> str:
    """Where everything of this deployment is."""
    given = spec.options.resource_group if isinstance(spec.options, AzureOptions) else ""
    return given or f"{spec.name}-group"


def region(options: AzureOptions) -> str:
    """As ARM writes it: `westeurope`, also for `West Europe`."""
    return options.region.replace(" ", "").lower()


def existing(kind: str, text: str) -> tuple[str, ResourceId]:
    """Name and id of what is there already: `name` or `group/name`."""
    group, _, name = text.rpartition("/")
    return name, ResourceId(address=f"{kind}/{name}", group=group)
