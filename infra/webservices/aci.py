"""AciWebservice: a web service in Azure Container Instances."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from infra.webservices.changing import changed
from infra.webservices.configuration import WebserviceDeploymentConfiguration, above_zero
from infra.webservices.parts import EncryptionProperties, VnetConfiguration
from infra.webservices.places import ACI
from infra.webservices.webservice import Webservice


class AciServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """The arguments of AciWebservice.deploy_configuration()."""

    compute_type: ClassVar[str] = ACI

    def _problems(self) -> list[str]:
        given = self.given()
        problems = above_zero(cpu_cores=given.get("cpu_cores"), memory_gb=given.get("memory_gb"))
        if given.get("ssl_enabled") and not all(
            given.get(name) for name in ("ssl_cert_pem_file", "ssl_key_pem_file", "ssl_cname")
        ):
            problems.append("SSL is enabled, you must provide a SSL certificate, key, and cname.")
        problems += _together(given, "cmk_vault_base_url", "cmk_key_name", "cmk_key_version")
        return problems + _together(given, "vnet_name", "subnet_name")


class AciWebservice(Webservice):
    """One container, at an address of its own."""

    compute: ClassVar[str] = ACI

    @staticmethod
    def deploy_configuration(  # noqa: PLR0913, PLR0917 - the retired signature
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        location: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        dns_name_label: str | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        collect_model_data: bool | None = None,
        cmk_vault_base_url: str | None = None,
        cmk_key_name: str | None = None,
        cmk_key_version: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
    ) -> AciServiceDeploymentConfiguration:
        """Where each argument goes is told in docs/reference/webservice-arguments.md; raises WebserviceFailed."""
        return AciServiceDeploymentConfiguration(ACI, **locals())

    def update(  # type: ignore[override]  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        image: Any = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        enable_app_insights: bool | None = None,
        models: Sequence[Any] | None = None,
        inference_config: Any = None,
    ) -> None:
        """Replace what is given; raises WebserviceFailed when nothing is, or when it cannot be kept."""
        given = {name: value for name, value in locals().items() if name != "self" and value is not None}
        self._change(changed(self.workspace, self._record, AciServiceDeploymentConfiguration, given))

    @property
    def encryption_properties(self) -> EncryptionProperties | None:
        """A key of one's own to encrypt with; None without."""
        asked = self._record.arguments.get
        if not asked("cmk_vault_base_url"):
            return None
        return EncryptionProperties(asked("cmk_vault_base_url"), asked("cmk_key_name"), asked("cmk_key_version"))

    @property
    def vnet_configuration(self) -> VnetConfiguration | None:
        """A network of one's own to be in; None without."""
        asked = self._record.arguments.get
        return VnetConfiguration(asked("vnet_name"), asked("subnet_name")) if asked("vnet_name") else None

    @property
    def public_fqdn(self) -> str | None:
        """The host of its address."""
        uri = self.scoring_uri
        return uri.partition("://")[2].partition("/")[0].partition(":")[0] if uri else None

    @classmethod
    def _arguments(cls) -> Sequence[str]:
        return AciServiceDeploymentConfiguration.names(AciWebservice.deploy_configuration)


def _together(given: Mapping[str, Any], *names: str) -> list[str]:
    missing = [name for name in names if not given.get(name)]
    if not missing or len(missing) == len(names):
        return []
    return [f"{', '.join(names)} must be provided together; {', '.join(missing)} is missing."]
