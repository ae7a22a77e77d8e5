"""Azure Functions with a container of one's own, on an App Service plan or an elastic Premium one."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from infra.contract import DeploymentSpec, Manifest
from infra.errors import InvalidDeployment, UnsupportedTrigger
from infra.rendering.azure_files import azure_files
from infra.resources import web
from infra.targets.azure_options import azure_options
from infra.targets.azure_site import SiteOptions, site_manifests
from triggers.registry import by_binding_type

_SETTINGS = {"FUNCTIONS_EXTENSION_VERSION": "~4", "FUNCTION_APP_EDIT_MODE": "readOnly"}


class Functions:
    """A function app whose host and functions are in one image."""

    name: ClassVar[str] = "functions"
    platform: ClassVar[str] = "arm"
    options: ClassVar[type] = SiteOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Group, identity, accounts, roles, plan and app; raises InvalidDeployment and UnsupportedTrigger."""
        options = azure_options(spec, SiteOptions)
        if spec.image.is_web_service:
            raise InvalidDeployment(
                f"{spec.image.reference!r} is a web service without functions; deploy it with the target app_service, "
                "container_instances or container_apps, or package it with functions_enabled=True."
            )
        _check_triggers(spec)
        return site_manifests(spec, options, kind=web.FUNCTION_APP, settings=_SETTINGS, skus=web.TIERS)

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """ARM template, its parameters and a script."""
        return azure_files(spec, azure_options(spec, SiteOptions), self.render(spec))


def _check_triggers(spec: DeploymentSpec) -> None:
    for function in spec.image.functions:
        if not by_binding_type(function.trigger.type).portable:
            raise UnsupportedTrigger(
                f"Azure Functions does not know the {function.trigger.type} of function {function.name!r}; deploy it "
                "with the target container_apps or container_instances."
            )


target = Functions()
