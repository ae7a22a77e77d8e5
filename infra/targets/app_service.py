"""An App Service web app for containers: a web service, or an app with our functions host in it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from infra.contract import DeploymentSpec, Manifest
from infra.errors import InvalidDeployment
from infra.rendering.azure_files import azure_files
from infra.resources import web
from infra.targets.azure_options import azure_options
from infra.targets.azure_site import SiteOptions, site_manifests
from packager.staging.container import AZURE_HOST

_SKUS = {sku: tier for sku, tier in web.TIERS.items() if tier != web.ELASTIC}


class AppService:
    """A web app that is one container."""

    name: ClassVar[str] = "app_service"
    platform: ClassVar[str] = "arm"
    options: ClassVar[type] = SiteOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Group, identity, accounts, roles, plan and app; raises InvalidDeployment."""
        options = azure_options(spec, SiteOptions)
        if spec.image.host == AZURE_HOST:
            raise InvalidDeployment(
                f"{spec.image.reference!r} has Microsoft's functions host in it, which wants a function app around "
                "it; deploy it with the target functions, or package it with our host."
            )
        return site_manifests(spec, options, kind=web.WEB_APP, settings={}, skus=_SKUS)

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """ARM template, its parameters and a script."""
        return azure_files(spec, azure_options(spec, SiteOptions), self.render(spec))


target = AppService()
