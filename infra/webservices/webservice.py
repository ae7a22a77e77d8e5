"""Webservice: what all the retired web services have in common, and the way to find one."""

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Never, Self

from infra.contract import Deployment
from infra.deploying import deployed, deployment_logs, undeploy
from infra.errors import DeploymentBusy, InvalidDeployment, PlatformUnavailable, WebserviceFailed
from infra.webservices import making
from infra.webservices.calling import answer
from infra.webservices.parts import ContainerResourceRequirements
from infra.webservices.places import TARGETS, new_keys, specified
from infra.webservices.records import Records, ServiceRecord
from packager.errors import EngineUnavailable, PackagerError

_STATES = {"running": "Healthy", "deploying": "Transitioning", "stopped": "Unhealthy", "failed": "Failed"}
_POLL = 5.0
_CLASSES: dict[str, type["Webservice"]] = {}


class Webservice:
    """One web service of a workspace; `Webservice(workspace, name)` is an AciWebservice, a LocalWebservice ..."""

    compute: ClassVar[str] = ""
    token_auth_enabled = False
    _silence = ""
    """Why its place did not answer when it was looked up."""

    def __init_subclass__(cls) -> None:
        _CLASSES[cls.compute] = cls

    def __new__(cls, workspace: Any, name: str, *_: object, **__: object) -> Self:
        """An instance of the service's own class; raises WebserviceFailed when there is none of that name."""
        if cls is not Webservice:
            return super().__new__(cls)
        found: Self = object.__new__(_CLASSES[Records(workspace).get(name).compute_type])  # type: ignore[assignment]
        return found

    def __init__(self, workspace: Any, name: str) -> None:
        self.workspace = workspace
        self._records = Records(workspace)
        self._record = self._records.get(name)
        if self._record.compute_type != self.compute:
            raise WebserviceFailed(
                f"WebserviceNotFound: the service {name} is one of {self._record.compute_type}, not of {self.compute}; "
                "Webservice(workspace, name) gives the right class."
            )
        self._now: Deployment | None = None
        try:
            self.update_deployment_state()
        # A service can be listed and deleted although its place does not answer.
        except PackagerError as error:
            self._silence = str(error)

    @staticmethod
    def deploy(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Any,
        name: str,
        model_paths: Sequence[Any],
        image_config: Any,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> "Webservice":
        """Package model files that are registered nowhere, and deploy them."""
        from infra.webservices.deploying import deploy_models

        options = {"deployment_config": deployment_config, "overwrite": overwrite, "image_config": image_config}
        return deploy_models(workspace, name, list(model_paths), None, deployment_target=deployment_target, **options)

    @staticmethod
    def deploy_from_model(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Any,
        name: str,
        models: Sequence[Any],
        image_config: Any,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> "Webservice":
        """Package registered models, and deploy them."""
        return Webservice.deploy(workspace, name, models, image_config, deployment_config, deployment_target, overwrite)

    @staticmethod
    def deploy_from_image(
        workspace: Any,
        name: str,
        image: Any,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
    ) -> "Webservice":
        """Deploy an image that is there: a ContainerImage, a ModelPackage or a name."""
        from infra.webservices.deploying import deploy_image

        return deploy_image(workspace, name, image, deployment_config, overwrite=overwrite)

    @staticmethod
    def deploy_local_from_model(
        workspace: Any,
        name: str,
        models: Sequence[Any],
        image_config: Any,
        deployment_config: Any = None,
        wait: bool = False,
    ) -> "Webservice":
        """The same on this machine; what is there of that name is replaced."""
        from infra.webservices.local import LocalWebservice

        config = deployment_config or LocalWebservice.deploy_configuration()
        made = Webservice.deploy(workspace, name, models, image_config, config, None, overwrite=True)
        if wait:
            made.wait_for_deployment(show_output=True)
        return made

    @staticmethod
    def check_for_existing_webservice(
        workspace: Any, name: str, overwrite: bool = False, request_func: object = None, check_func: object = None
    ) -> None:
        """Raises WebserviceFailed when there is a service of that name that must not be replaced."""
        found = Records(workspace).find(name)
        if found is not None:
            making.make_room(Records(workspace), name, found.compute_type, overwrite=overwrite)

    @staticmethod
    def list(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Any,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Any = None,
        properties: Any = None,
        image_digest: str | None = None,
    ) -> "list[Webservice]":
        """The workspace's services that match, by name; an image is matched by what its name contains."""
        wanted = [each for each in (image_name, image_id, image_digest) if each]
        return [
            Webservice(workspace, each.name)
            for each in Records(workspace)
            if (compute_type is None or each.compute_type.upper() == compute_type.upper())
            and all(part in each.image for part in wanted)
            and (model_id is None or model_id in each.models)
            and (model_name is None or model_name in [model.partition(":")[0] for model in each.models])
            and _carries(each.tags, tags)
            and _carries(each.properties, properties)
        ]

    @property
    def state(self) -> str:
        """`Healthy`, `Transitioning`, `Unhealthy` or `Failed`, as it was when it was last asked for."""
        return "Failed" if self._now is None else _STATES.get(self._now.state, "Unhealthy")

    @property
    def error(self) -> Mapping[str, str] | None:
        """Why the last change did not come about."""
        why = self._record.failure or self._silence
        return {"message": why} if why else None

    @property
    def scoring_uri(self) -> str | None:
        """None while it has no address."""
        return f"{self._now.url.rstrip('/')}/score" if self._now is not None and self._now.url else None

    @property
    def swagger_uri(self) -> str | None:
        """Where the API is described."""
        uri = self.scoring_uri
        return f"{uri.rpartition('/')[0]}/swagger.json" if uri else None

    @property
    def container_resource_requirements(self) -> ContainerResourceRequirements:
        """Cores and gigabytes that were asked for."""
        asked = self._record.arguments.get
        limits = (asked("cpu_cores_limit"), asked("memory_gb_limit"))
        return ContainerResourceRequirements(asked("cpu_cores"), asked("memory_gb"), asked("gpu_cores"), *limits)

    def __getattr__(self, name: str) -> Any:
        """What is remembered: tags, properties, description, created_time, models ..., and arguments."""
        if name.startswith("_"):
            raise AttributeError(name)
        known = {"image_id": "image", "compute_type": "compute_type"}.get(name, name)
        if known in ServiceRecord.__dataclass_fields__ and known not in ("keys", "arguments", "failure"):
            return getattr(self._record, known)
        if name == "auth_enabled":
            return bool(self._record.keys)
        if name in self._arguments():
            return self._record.arguments.get(name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")

    def update_deployment_state(self) -> None:
        """Ask its place how it is."""
        self._record = self._records.find(self._record.name) or self._record
        self._now = deployed(specified(self._record, with_image=False))
        self._silence = ""

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Return when it is healthy; raises WebserviceFailed when it failed, or after `timeout_sec` seconds."""
        begun = time.monotonic()
        while self.state == "Transitioning":
            if timeout_sec is not None and time.monotonic() - begun > timeout_sec:
                raise WebserviceFailed(
                    f"Service deployment timed out after {timeout_sec:g} seconds, current service state: {self.state}. "
                    "More information can be found using '.get_logs()'."
                )
            time.sleep(_POLL)
            self.update_deployment_state()
        outcome = "Failed" if self._record.failure or self.state != "Healthy" else "Succeeded"
        if show_output:
            sys.stdout.write(f'{self.compute} service creation operation finished, operation "{outcome}"\n')
        if outcome == "Failed":
            raise WebserviceFailed(
                f"Service deployment reached non-successful terminal state, current service state: {self.state}\n"
                f"Operation ID: {self._record.name}@{self._record.updated_time}\n"
                f"More information can be found using '.get_logs()'\nError:\n{self._record.failure or 'none was told'}"
            )

    def run(self, input_data: Any) -> Any:
        """The JSON value that the script answers to that body; raises WebserviceFailed for any other answer."""
        uri = self.scoring_uri
        if uri is None:
            raise WebserviceFailed(f"The service {self._record.name} has no address; its state is {self.state}.")
        return answer(uri, input_data, keys=tuple(self._record.keys))

    def get_logs(self, num_lines: int = 5000, init: bool = False) -> str:
        """Its newest lines; `init` has no meaning here."""
        return "\n".join(deployment_logs(specified(self._record, with_image=False), lines=num_lines))

    def get_keys(self) -> tuple[str, str]:
        """Primary and secondary key; raises WebserviceFailed when nobody is asked for one."""
        if not self._record.keys:
            raise WebserviceFailed(
                f"The service {self._record.name} has no keys: it was deployed with auth_enabled=False."
            )
        primary, secondary = self._record.keys
        return primary, secondary

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Replace the `Primary` or `Secondary` key by a new one, or by `set_key`."""
        position = {"primary": 0, "secondary": 1}.get(str(key).lower())
        if position is None:
            raise WebserviceFailed(f"Error, invalid value {key!r} provided for key; it is Primary or Secondary.")
        keys = list(self.get_keys())
        keys[position] = set_key or new_keys(self.compute, {"auth_enabled": True})[0]
        self._change(replace(self._record, keys=keys))

    def get_token(self) -> Any:
        """Refused: nothing here gives out tokens."""
        raise NotImplementedError(f"{self.compute} webservices do not support Token Authentication.")

    def update(self, *args: Any) -> Never:
        """Each kind of service has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no update().")

    def delete(self) -> None:
        """Take it away, and forget it; it warns where the place does not answer, as what runs there goes on."""
        self._take_away(self._record)
        self._records.forget(self._record.name)
        self._now = None

    def add_tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags, or give those that are there another value."""
        self._remember(tags={**self._record.tags, **_texts(tags)})

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Remove the tags with these keys."""
        self._remember(tags={key: value for key, value in self._record.tags.items() if key not in tags})

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Add properties; one that is there keeps its value."""
        self._remember(properties={**_texts(properties), **self._record.properties})

    def serialize(self) -> dict[str, Any]:
        """As JSON values, without keys."""
        record = self._record
        return {
            "name": record.name, "computeType": record.compute_type, "description": record.description,
            "tags": dict(record.tags), "properties": dict(record.properties), "state": self.state,
            "createdTime": record.created_time, "updatedTime": record.updated_time, "error": self.error,
            "imageId": record.image, "models": [*record.models], "scoringUri": self.scoring_uri,
            "swaggerUri": self.swagger_uri, "authEnabled": bool(record.keys),
        }  # fmt: skip

    @classmethod
    def deserialize(cls, workspace: Any, webservice_payload: Mapping[str, Any]) -> "Webservice":
        """The service that serialize() told of, as it is now; raises WebserviceFailed when it is gone."""
        return Webservice(workspace, str(webservice_payload["name"]))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(workspace={self.workspace!r}, name={self._record.name}, state={self.state}, "
            f"compute_type={self.compute})"
        )

    @classmethod
    def _arguments(cls) -> Sequence[str]:
        """The names of what deploy_configuration() takes, which are attributes, too."""
        return ()

    def _take_away(self, record: ServiceRecord) -> None:
        try:
            undeploy(specified(record, with_image=False))
        except DeploymentBusy:
            raise
        except (PlatformUnavailable, EngineUnavailable, InvalidDeployment) as error:
            target = TARGETS[record.compute_type]
            warnings.warn(
                f"The service {record.name} is forgotten, but its place does not answer, and what runs there goes on "
                f"({error}). When it answers again, take it away with 'packager deploy delete --target {target} "
                f"--name {record.name}'.",
                stacklevel=3,
            )

    def _remember(self, **changed: Any) -> None:
        self._record = replace(self._record, **changed, updated_time=making.now())
        self._records.save(self._record)

    def _change(self, record: ServiceRecord, *, show_output: bool = False) -> None:
        try:
            self._record = making.run_it(self._records, record, show_output=show_output)
        except Exception:
            # The first error is the one to tell.
            with suppress(PackagerError):
                self.update_deployment_state()
            raise
        self.update_deployment_state()


def services_of(workspace: Any) -> dict[str, Webservice]:
    """Name -> service."""
    return {each.name: each for each in Webservice.list(workspace)}


def _carries(has: Mapping[str, str], wanted: Any) -> bool:
    """`["key", ["key", "value"]]` or `{key: value}`."""
    pairs = wanted.items() if isinstance(wanted, Mapping) else (wanted or ())
    return all(each in has if isinstance(each, str) else has.get(str(each[0])) == str(each[1]) for each in pairs)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in values.items()}
