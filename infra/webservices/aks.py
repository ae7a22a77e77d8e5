"""AksWebservice: a web service in a Kubernetes cluster, with as many replicas as there is work for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Never

from infra.webservices.changing import changed
from infra.webservices.configuration import WebserviceDeploymentConfiguration, above_zero, scale_of
from infra.webservices.parts import AutoScaler, DataCollection, LivenessProbeRequirements
from infra.webservices.places import AKS
from infra.webservices.webservice import Webservice

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{,61}[a-z0-9])?")
_COUNTS = (
    "autoscale_min_replicas", "autoscale_max_replicas", "autoscale_refresh_seconds", "autoscale_target_utilization",
    "cpu_cores", "memory_gb", "cpu_cores_limit", "memory_gb_limit", "scoring_timeout_ms",
    "replica_max_concurrent_requests", "max_request_wait_time", "num_replicas", "period_seconds",
    "initial_delay_seconds", "timeout_seconds", "success_threshold", "failure_threshold",
)  # fmt: skip
_SCALING = (
    "autoscale_min_replicas", "autoscale_max_replicas", "autoscale_refresh_seconds", "autoscale_target_utilization",
)  # fmt: skip


class AksServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """The arguments of AksWebservice.deploy_configuration()."""

    compute_type: ClassVar[str] = AKS

    def _problems(self) -> list[str]:
        given = self.given()
        problems = above_zero(**{name: given.get(name) for name in _COUNTS})
        return [*problems, *_auth_problems(given), *_scaling_problems(given), *_limit_problems(given)]


class AksWebservice(Webservice):
    """Replicas of one container behind one address."""

    compute: ClassVar[str] = AKS

    @staticmethod
    def deploy_configuration(  # noqa: PLR0913, PLR0917 - the retired signature
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        blobfuse_enabled: bool | None = None,
    ) -> AksServiceDeploymentConfiguration:
        """Where each argument goes is told in docs/reference/webservice-arguments.md; raises WebserviceFailed."""
        return AksServiceDeploymentConfiguration(AKS, **locals())

    def update(  # type: ignore[override]  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        image: Any = None,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        models: Sequence[Any] | None = None,
        inference_config: Any = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Replace what is given; raises WebserviceFailed when nothing is, or when it cannot be kept."""
        named = {name: value for name, value in locals().items() if name not in ("self", "kwargs")}
        given = {name: value for name, value in {**named, **kwargs}.items() if value is not None}
        self._change(changed(self.workspace, self._record, AksServiceDeploymentConfiguration, given))

    @property
    def autoscaler(self) -> AutoScaler:
        """How many replicas there may be."""
        asked, scale = self._record.arguments, scale_of(self._record.arguments)
        is_on = asked.get("autoscale_enabled", asked.get("num_replicas") is None)
        refresh = asked.get("autoscale_refresh_seconds", 1)
        return AutoScaler(is_on, scale.max_replicas, scale.min_replicas, refresh, scale.target_utilization)

    @property
    def liveness_probe_requirements(self) -> LivenessProbeRequirements:
        """How it is asked whether it lives."""
        asked = self._record.arguments.get
        return LivenessProbeRequirements(
            asked("period_seconds"),
            asked("initial_delay_seconds"),
            asked("timeout_seconds"),
            asked("success_threshold"),
            asked("failure_threshold"),
        )

    @property
    def data_collection(self) -> DataCollection:
        """What is collected of its requests."""
        collects = self._record.arguments.get("collect_model_data")
        return DataCollection(collects, collects)

    def get_token(self) -> Never:
        """Refused: nothing here gives out tokens; keys open the service."""
        raise NotImplementedError(
            "AKS webservices of this packager do not support Token Authentication; use get_keys()."
        )

    def get_access_token(self) -> Never:
        """Refused, as get_token() is."""
        self.get_token()

    @classmethod
    def _arguments(cls) -> Sequence[str]:
        return AksServiceDeploymentConfiguration.names(AksWebservice.deploy_configuration)


def _auth_problems(given: Mapping[str, Any]) -> list[str]:
    problems = []
    if given.get("auth_enabled") and given.get("token_auth_enabled"):
        problems.append("auth_enabled and token_auth_enabled cannot both be True.")
    if given.get("token_auth_enabled"):
        problems.append("token_auth_enabled cannot be kept: nothing here gives out tokens; auth_enabled asks for keys.")
    namespace = given.get("namespace")
    if namespace is not None and not _NAMESPACE.fullmatch(str(namespace)):
        problems.append(f"namespace {namespace!r} must be small letters, digits and hyphens, no hyphen at an end.")
    return problems


def _scaling_problems(given: Mapping[str, Any]) -> list[str]:
    problems = []
    scaling = [name for name in _SCALING if given.get(name) is not None]
    if given.get("num_replicas") is not None and (given.get("autoscale_enabled") or scaling):
        problems.append("num_replicas cannot be given together with autoscaling.")
    if given.get("autoscale_enabled") is False and scaling:
        problems.append(f"{', '.join(scaling)} cannot be given when autoscale_enabled is False.")
    least, most = given.get("autoscale_min_replicas", 1), given.get("autoscale_max_replicas", 10)
    if least > most:
        problems.append(f"autoscale_min_replicas ({least}) cannot be greater than autoscale_max_replicas ({most}).")
    if not 0 <= given.get("autoscale_target_utilization", 70) <= 100:
        problems.append("autoscale_target_utilization must be from 1 to 100.")
    return problems


def _limit_problems(given: Mapping[str, Any]) -> list[str]:
    problems = []
    for asked, limit, default in (("cpu_cores", "cpu_cores_limit", 0.1), ("memory_gb", "memory_gb_limit", 0.5)):
        if limit in given and given[limit] < given.get(asked, default):
            problems.append(f"{limit} cannot be less than {asked}.")
    return problems
