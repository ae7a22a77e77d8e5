"""All files that a deployment in Azure can be exported as."""

import json
from collections.abc import Mapping, Sequence

from infra.contract import DeploymentSpec, Manifest
from infra.rendering.arm_template import parameters, template
from infra.rendering.az_script import az_script
from infra.targets.azure_options import AzureOptions


def azure_files(spec: DeploymentSpec, options: AzureOptions, manifests: Sequence[Manifest]) -> Mapping[str, str]:
    """File name -> text: an ARM template with its parameters, and a script for `az`; no secret is in them."""
    return {
        "azuredeploy.json": _json(template(manifests)),
        "azuredeploy.parameters.json": _json(parameters(manifests)),
        "deploy.sh": az_script(spec.name, manifests, subscription=options.subscription),
    }


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2) + "\n"
