"""AksEndpoint: several versions of a web service in a Kubernetes cluster, each with a share of the requests."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from infra.deploying import deployed, undeploy
from infra.errors import ApplyFailed, WebserviceFailed
from infra.webservices.aks import AksServiceDeploymentConfiguration
from infra.webservices.calling import answer
from infra.webservices.changing import changed
from infra.webservices.ingredients import Ingredients, ingredients_of, made, made_again
from infra.webservices.places import AKS_ENDPOINT, deployed_now, specified
from infra.webservices.records import ServiceRecord
from infra.webservices.webservice import Webservice

_ALL = 100
_OF_THE_ENDPOINT = ("traffic_percentile", "is_default", "is_control_version_type", "models", "inference_config")
_NO_ARGUMENTS = ("self", "version_name", "tags", "properties", "description", *_OF_THE_ENDPOINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointVersion:
    """One version of an endpoint."""

    image: str
    arguments: Mapping[str, Any]
    traffic_percentile: int = 0
    """Of a hundred requests; what nobody has goes to the default version."""
    is_default: bool = False
    is_control_version_type: bool = False


class AksEndpointDeploymentConfiguration(AksServiceDeploymentConfiguration):
    """The arguments of AksEndpoint.deploy_configuration()."""

    compute_type: ClassVar[str] = AKS_ENDPOINT

    def _problems(self) -> list[str]:
        share = self.given().get("traffic_percentile", _ALL)
        wrong = [] if 0 <= share <= _ALL else [f"traffic_percentile {share} must be from 0 to {_ALL}."]
        return [*super()._problems(), *wrong]


class AksEndpoint(Webservice):
    """Its first version is deployed under its own name, each other one as `<name>-<version>`; run() shares them out."""

    compute: ClassVar[str] = AKS_ENDPOINT

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
        version_name: str | None = None,
        traffic_percentile: int | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> AksEndpointDeploymentConfiguration:
        """Where each argument goes is told in docs/reference/webservice-arguments.md; raises WebserviceFailed."""
        return AksEndpointDeploymentConfiguration(AKS_ENDPOINT, **locals())

    @property
    def versions(self) -> dict[str, EndpointVersion]:
        """Name -> version, the first one first."""
        record = self._record
        first = EndpointVersion(
            image=record.image,
            arguments=record.arguments,
            traffic_percentile=record.arguments.get("traffic_percentile", _ALL),
            is_default=not any(each["is_default"] for each in record.versions.values()),
        )
        others = {name: EndpointVersion(**each) for name, each in record.versions.items()}
        return {self._first: first, **others}

    def update(  # type: ignore[override]
        self,
        auth_enabled: bool | None = None,
        token_auth_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Replace what is given of the endpoint itself; raises WebserviceFailed."""
        given = {name: value for name, value in locals().items() if name != "self" and value is not None}
        self._change(changed(self.workspace, self._record, AksEndpointDeploymentConfiguration, given))

    def create_version(  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
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
        traffic_percentile: int | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """Deploy one more version, of the first one's models and script where none are given."""
        given = dict(locals())
        if version_name in self.versions:
            raise WebserviceFailed(f"The endpoint {self._record.name} has a version {version_name!r} already.")
        self._put(version_name, EndpointVersion(image="", arguments={}), given)

    def update_version(  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
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
        traffic_percentile: int | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """Replace what is given of one version."""
        given = dict(locals())
        self._put(version_name, self._version(version_name), given)

    def delete_version(self, version_name: str) -> None:
        """Take one version away; the first one, and the default, go with the endpoint alone."""
        version = self._version(version_name)
        if version_name == self._first or version.is_default:
            raise WebserviceFailed(
                f"The version {version_name!r} cannot be deleted: it is the endpoint's default or first."
            )
        undeploy(specified(self._record_of(version_name, version), with_image=False))
        self._remember(versions={name: each for name, each in self._record.versions.items() if name != version_name})

    def run(self, input_data: Any) -> Any:
        """The answer of one of the versions, chosen by their shares."""
        versions = self.versions
        shares = {name: each.traffic_percentile for name, each in versions.items()}
        default = next(name for name, each in versions.items() if each.is_default)
        shares[default] += max(0, _ALL - sum(shares.values()))
        (chosen,) = random.choices([*shares], [*shares.values()])  # noqa: S311 - it keeps no secret
        if chosen == self._first:
            return super().run(input_data)
        found = deployed(specified(self._record_of(chosen, versions[chosen]), with_image=False))
        if found is None or not found.url:
            raise WebserviceFailed(f"The version {chosen!r} of {self._record.name} has no address.")
        return answer(f"{found.url.rstrip('/')}/score", input_data, keys=tuple(self._record.keys))

    def delete(self) -> None:
        """Take it away with all its versions."""
        for name in self._record.versions:
            self._take_away(self._record_of(name, self._version(name)))
        super().delete()

    @property
    def _first(self) -> str:
        return str(self._record.arguments.get("version_name") or self._record.name)

    def _version(self, name: str) -> EndpointVersion:
        if name not in self.versions:
            raise WebserviceFailed(
                f"The endpoint {self._record.name} has no version {name!r}: {', '.join(self.versions)}."
            )
        return self.versions[name]

    def _record_of(self, name: str, version: EndpointVersion) -> ServiceRecord:
        """What is deployed of a version: a service of its own that has the endpoint's keys."""
        if name == self._first:
            return self._record
        deployment = f"{self._record.name}-{name}"
        return replace(
            self._record, name=deployment, image=version.image, arguments=dict(version.arguments), versions={}
        )

    def _put(self, name: str, version: EndpointVersion, arguments: Mapping[str, Any]) -> None:
        given = {key: value for key, value in arguments.items() if value is not None}
        kept = {**version.arguments, **{key: value for key, value in given.items() if key not in _NO_ARGUMENTS}}
        share = given.get("traffic_percentile", version.traffic_percentile)
        kept |= {"traffic_percentile": share} if name == self._first else {}
        AksEndpointDeploymentConfiguration(AKS_ENDPOINT, **kept)
        self._check_shares(name, share)
        record = self._record_of(name, replace(version, arguments=kept))
        record = replace(record, arguments=kept)
        if "models" in given or "inference_config" in given:
            record = self._made(record, given)
        elif not record.image:
            record = replace(record, image=self._record.image)
        self._deploy(name, record, share, given)

    def _made(self, record: ServiceRecord, given: Mapping[str, Any]) -> ServiceRecord:
        if record.image:
            return made_again(self.workspace, record, given.get("models"), given.get("inference_config"), None)
        if "models" in given and "inference_config" in given:
            of = Ingredients(models=list(given["models"]), inference_config=given["inference_config"])
        else:
            of = replace(ingredients_of(self._record), **{key: given[key] for key in given.keys() & {"models"}})
            of = replace(of, inference_config=given.get("inference_config", of.inference_config))
        return made(self.workspace, record, of)

    def _deploy(self, name: str, record: ServiceRecord, share: int, given: Mapping[str, Any]) -> None:
        if name == self._first:
            self._change(record)
            return
        try:
            deployed_now(record)
        except ApplyFailed as error:
            raise WebserviceFailed(f"The version {name!r} of {self._record.name} did not come up: {error}") from error
        before = self.versions.get(name)
        version = EndpointVersion(
            image=record.image,
            arguments=record.arguments,
            traffic_percentile=share,
            is_default=bool(given.get("is_default", before.is_default if before else False)),
            is_control_version_type=bool(given.get("is_control_version_type", False)),
        )
        others = {key: dict(each) for key, each in self._record.versions.items()}
        if version.is_default:
            others = {key: {**each, "is_default": False} for key, each in others.items()}
        self._remember(versions={**others, name: asdict(version)})

    def _check_shares(self, name: str, share: int) -> None:
        total = share + sum(
            each.traffic_percentile for other, each in self.versions.items() if other not in (name, self._first)
        )
        if not 0 <= share <= _ALL or total > _ALL:
            raise WebserviceFailed(
                f"traffic_percentile={share} for {name!r} makes {total} of {_ALL}; lower another first."
            )

    @classmethod
    def _arguments(cls) -> Sequence[str]:
        return AksEndpointDeploymentConfiguration.names(AksEndpoint.deploy_configuration)
