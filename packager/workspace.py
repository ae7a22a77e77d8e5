"""Workspace: a registry of models and environments, under the name that the retired SDK gave it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never

from packager.environment import Environment
from packager.errors import InvalidPackageRequest
from packager.models.contract import ModelRegistry
from packager.models.model import Model
from packager.models.opening import Registry, open_registry
from packager.services import services

_FOLDERS = (".azureml", "aml_config", ".")
_FILE = "config.json"
_DEFAULT_NAME = "local"


class Workspace:
    """Where models and environments are kept; the names of the cloud's resources are remembered and mean nothing.

    All workspaces share the registry that None means, unless `registry` names another one.
    """

    def __init__(
        self,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: object = None,
        location: str | None = None,
        *,
        registry: Registry = None,
    ) -> None:
        """`registry` is what open_registry() takes; `auth` and `location` have no meaning here."""
        self.subscription_id = subscription_id
        self.resource_group = resource_group
        self.name = workspace_name or _DEFAULT_NAME
        self.location = location or "local"
        self.registry = registry
        self._opened: ModelRegistry | None = None

    @staticmethod
    def from_config(path: str | Path | None = None, auth: object = None) -> "Workspace":
        """The workspace that a config.json names; its key `registry` says where models are kept.

        Looked for as the retired SDK did: in `.azureml`, `aml_config` and the folder itself, from here (or `path`)
        up to the root. Without a file and without a `path` it is the workspace on this machine. Raises
        InvalidPackageRequest for a path without one, and for a file that is none.
        """
        start = Path(path).expanduser().absolute() if path is not None else Path.cwd()
        file = start if start.is_file() else next(_config_files(start), None)
        if file is None and path is not None:
            raise InvalidPackageRequest(
                f"There is no {_FILE} at {start}, nor in the folders above it; leave path out for the models on this "
                "machine, or write one with Workspace(...).write_config()."
            )
        said = _read(file) if file is not None else {}
        return Workspace(
            said.get("subscription_id"),
            said.get("resource_group"),
            said.get("workspace_name"),
            auth,
            registry=said.get("registry"),
        )

    @staticmethod
    def get(  # noqa: PLR0913, PLR0917 - the retired signature
        name: str | None = None,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        cloud: str = "AzureCloud",
        id: str | None = None,  # noqa: A002 - the retired name
        *,
        registry: Registry = None,
    ) -> "Workspace":
        """The workspace of that name, which is there without being created."""
        return Workspace(subscription_id, resource_group, name, auth, location, registry=registry)

    @staticmethod
    def create(  # noqa: PLR0913, PLR0917 - the retired signature
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool = True,
        sku: str = "basic",
        friendly_name: str | None = None,
        storage_account: str | None = None,
        key_vault: str | None = None,
        app_insights: str | None = None,
        container_registry: str | None = None,
        *,
        exist_ok: bool = False,
        show_output: bool = True,
        registry: Registry = None,
    ) -> "Workspace":
        """The workspace of that name: nothing has to be created, so whatever says how has no meaning."""
        return Workspace(subscription_id, resource_group, name, auth, location, registry=registry)

    @property
    def workspace_name(self) -> str:
        return self.name

    @property
    def model_registry(self) -> ModelRegistry:
        """Where the models are; raises RegistryUnavailable without a connection to it."""
        if self._opened is None:
            self._opened = open_registry(self.registry)
        return self._opened

    @property
    def models(self) -> dict[str, Model]:
        """Name -> newest version of every registered model."""
        return {model.name: model for model in Model.list(self, latest=True)}

    @property
    def environments(self) -> dict[str, Environment]:
        """Name -> newest version of every registered environment."""
        return Environment.list(self)

    @property
    def webservices(self) -> dict[str, Any]:
        """Name -> web service, of those that Model.deploy() and its relatives made for a workspace of this name."""
        found: dict[str, Any] = services().services_of(self)
        return found

    @property
    def compute_targets(self) -> dict[str, object]:
        """None: nothing is computed elsewhere."""
        return {}

    def get_details(self) -> dict[str, Any]:
        """Names and the registry, as JSON values."""
        return {
            "id": f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}/workspaces/{self.name}",
            "name": self.name,
            "location": self.location,
            "subscription": self.subscription_id,
            "resourceGroup": self.resource_group,
            "registry": str(getattr(self.model_registry, "root", self.registry)),
        }

    def write_config(self, path: str | Path | None = None, file_name: str | None = None) -> None:
        """Write `.azureml/config.json` below `path`, by default here, for from_config()."""
        if self.registry is not None and not isinstance(self.registry, str | Path):
            raise InvalidPackageRequest(
                f"The registry {self.registry!r} of workspace {self.name!r} cannot be written to a file; give "
                "registry= a folder or 'blob:<container>'."
            )
        target = Path(path or ".").expanduser() / ".azureml" / (file_name or _FILE)
        said = {
            "subscription_id": self.subscription_id,
            "resource_group": self.resource_group,
            "workspace_name": self.name,
            "registry": str(self.registry) if self.registry is not None else None,
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        kept = {key: value for key, value in said.items() if value is not None}
        target.write_text(json.dumps(kept, indent=4) + "\n", encoding="utf-8")

    def get_default_datastore(self) -> Never:
        """Refused: there is no storage account of a workspace."""
        raise InvalidPackageRequest(
            f"Workspace {self.name!r} has no datastore: no storage account belongs to it. Read and write files, or use "
            "azure.storage.blob with an account of your own."
        )

    def get_default_keyvault(self) -> Never:
        """Refused: there are no secrets of a workspace."""
        raise InvalidPackageRequest(
            f"Workspace {self.name!r} has no key vault. Put secrets into app settings, which are environment variables "
            "where the package runs."
        )

    def __repr__(self) -> str:
        return f"Workspace(name={self.name!r}, registry={self.registry!r})"


def _config_files(start: Path) -> Iterator[Path]:
    candidates = (folder / each / _FILE for folder in (start, *start.parents) for each in _FOLDERS)
    return (file for file in candidates if file.is_file())


def _read(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InvalidPackageRequest(f"{file} is not the file of a workspace: {error}.") from error
    if not isinstance(said, dict):
        raise InvalidPackageRequest(f'{file} is not the file of a workspace such as {{"workspace_name": "local"}}.')
    return said
