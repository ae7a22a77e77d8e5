"""LocalWebservice: a web service in a container on this machine."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from infra.errors import WebserviceFailed
from infra.webservices.configuration import WebserviceDeploymentConfiguration
from infra.webservices.ingredients import ingredients_of, made, made_again, taken_out
from infra.webservices.places import LOCAL
from infra.webservices.records import Records, ServiceRecord
from infra.webservices.webservice import Webservice

_STATES = {"running": "running", "deploying": "deploying", "failed": "failed", "stopped": "failed"}
_LAST_PORT = 65535


class LocalWebserviceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """Where it listens."""

    compute_type: ClassVar[str] = LOCAL

    def __init__(self, port: int | None = None) -> None:
        """Without a port a free one is taken."""
        super().__init__(port=port)

    def _problems(self) -> list[str]:
        port = getattr(self, "port", None)
        if port is not None and (not isinstance(port, int) or not 0 < port <= _LAST_PORT):
            return [f"port {port!r} must be a whole number from 1 to {_LAST_PORT}."]
        return []


class LocalWebservice(Webservice):
    """States: `deploying`, `running`, `failed`, `deleted` and `unknown`."""

    compute: ClassVar[str] = LOCAL

    def __init__(self, workspace: Any, name: str, must_exist: bool = True) -> None:
        """Raises WebserviceFailed when there is none of that name, unless `must_exist` is False."""
        self._is_deleted = False
        if must_exist or Records(workspace).find(name) is not None:
            super().__init__(workspace, name)
            return
        self.workspace, self._records, self._now = workspace, Records(workspace), None
        self._record = ServiceRecord(name=name, compute_type=LOCAL, image="")

    @staticmethod
    def deploy_configuration(port: int | None = None) -> LocalWebserviceDeploymentConfiguration:
        """`port`: where it answers on this machine; a free one by default."""
        return LocalWebserviceDeploymentConfiguration(port)

    @staticmethod
    def list(  # type: ignore[override]
        workspace: Any,
        model_name: str | None = None,
        model_id: str | None = None,
        all: bool | None = None,  # noqa: A002 - the retired name
    ) -> "list[Webservice]":
        """The services on this machine; those too that do not run when `all` is true."""
        found = Webservice.list(workspace, compute_type=LOCAL, model_name=model_name, model_id=model_id)
        return [each for each in found if all or each.state == "running"]

    @property
    def state(self) -> str:
        if self._is_deleted:
            return "deleted"
        return "unknown" if self._now is None else _STATES.get(self._now.state, "unknown")

    @property
    def port(self) -> int:
        """Where it answers; raises WebserviceFailed unless it runs."""
        self._need("port", "running")
        return int(str(self.scoring_uri).partition("://")[2].partition("/")[0].rpartition(":")[2])

    def update_deployment_state(self, must_exist: bool = False) -> None:
        """Look at its container; raises WebserviceFailed when it `must_exist` and does not."""
        super().update_deployment_state()
        if must_exist and self._now is None:
            raise WebserviceFailed(f"WebserviceNotFound: nothing runs under the name {self._record.name}.")

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """It runs, or it failed: deploying waited already; raises WebserviceFailed with its last lines."""
        self._need("wait_for_deployment", "deploying", "failed", "running")
        self.update_deployment_state()
        if self._record.failure or self.state != "running":
            raise WebserviceFailed(
                f"Error: Container did not come up (state {self.state}). {self._record.failure} More information can "
                "be found using '.get_logs()'."
            )
        if show_output:
            sys.stdout.write(f"Local webservice is running at {self.scoring_uri}\n")

    def run(self, input_data: Any) -> Any:
        """As everywhere, while it is running."""
        self._need("run", "running")
        return super().run(input_data)

    def get_logs(self, num_lines: int = 5000, raw: bool = False) -> str:
        """Its container's newest lines; `raw` has no meaning: they are as it printed them."""
        self._need("get_logs", "deploying", "failed", "running")
        return super().get_logs(num_lines)

    def get_keys(self) -> tuple[str, str]:
        """Refused: on this machine nobody is asked for a key."""
        raise NotImplementedError("Local webservices do not support authentication.")

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Refused: on this machine nobody is asked for a key."""
        raise NotImplementedError("Local webservices do not support authentication.")

    def get_token(self) -> Any:
        """Refused: on this machine nobody is asked for a token."""
        raise NotImplementedError("Local webservices do not support Token Authentication.")

    def reload(self, wait: bool = False) -> None:
        """Package the script again as it is now, and replace the container; raises WebserviceFailed without one."""
        self._need("reload", "failed", "running")
        self._change(made(self.workspace, self._record, ingredients_of(self._record)))
        if wait:
            self.wait_for_deployment(show_output=True)

    def update(  # type: ignore[override]
        self,
        models: Sequence[Any] | None = None,
        image_config: Any = None,
        deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
        inference_config: Any = None,
    ) -> None:
        """Replace what is given; the old container answers until the new one does."""
        self._need("update", "failed", "running", "unknown")
        record = self._record
        if deployment_config is not None:
            deployment_config.validate_configuration()
            record = replace(record, arguments=deployment_config.given())
        if models is not None or inference_config is not None or image_config is not None:
            record = made_again(self.workspace, record, models, inference_config, image_config)
        self._change(record)
        if wait:
            self.wait_for_deployment(show_output=True)

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """Take its container away, and its image if asked to; cache and volume are part of the container here."""
        self._need("delete", "deploying", "failed", "running", "unknown")
        super().delete()
        if delete_image:
            taken_out(self._record.image)
        self._is_deleted = True

    def deploy_to_cloud(
        self, name: str | None = None, deployment_config: Any = None, deployment_target: Any = None
    ) -> Webservice:
        """The same models and script somewhere else; raises WebserviceFailed in a process that did not make them."""
        from infra.webservices.deploying import deploy_models

        of = ingredients_of(self._record)
        return deploy_models(
            self.workspace,
            name or self._record.name,
            of.models,
            of.inference_config,
            deployment_config=deployment_config,
            deployment_target=deployment_target,
            overwrite=name is None,
            image_config=of.image_config,
        )

    def serialize(self) -> dict[str, Any]:
        """As JSON values, with its port."""
        return {**super().serialize(), "port": self.port if self.state == "running" else None}

    @classmethod
    def deserialize(cls, workspace: Any, webservice_payload: Mapping[str, Any]) -> "Webservice":
        """Raises WebserviceFailed when there is no such service on this machine."""
        return LocalWebservice(workspace, str(webservice_payload["name"]))

    def _need(self, function: str, *states: str) -> None:
        if self.state not in states:
            raise WebserviceFailed(f"Cannot call {function}() when service is {self.state}.")
