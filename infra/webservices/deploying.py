"""Model.deploy() and its relatives: from models and a script to a web service that runs."""

from collections.abc import Sequence
from typing import Any

from infra.webservices import making
from infra.webservices.aci import AciWebservice
from infra.webservices.aks import AksWebservice
from infra.webservices.configuration import WebserviceDeploymentConfiguration
from infra.webservices.ingredients import Ingredients, made
from infra.webservices.records import Records, ServiceRecord
from infra.webservices.webservice import Webservice


def deploy_models(  # noqa: PLR0913 - the retired signature
    workspace: Any,
    name: str,
    models: Sequence[Any],
    inference_config: Any = None,
    *,
    deployment_config: WebserviceDeploymentConfiguration | None = None,
    deployment_target: Any = None,
    overwrite: bool = False,
    show_output: bool = False,
    image_config: Any = None,
) -> Webservice:
    """Package `models` and the script as a plain web service, and deploy it; wait_for_deployment() tells the outcome.

    `image_config` is what the script was called before there was InferenceConfig. Without a `deployment_config` it
    is a container instance, or AKS where a `deployment_target` is given. Raises WebserviceFailed for a name that is
    taken or an argument that cannot be kept, InvalidDeployment, PlatformUnavailable, and what package() raises.
    """
    config = deployment_config or _default(deployment_target)
    records = Records(workspace)
    making.make_room(records, name, config.compute_type, overwrite=overwrite)
    record = making.record_of(name, "", config, models)
    of = Ingredients(models=list(models), inference_config=inference_config, image_config=image_config)
    return _deployed(workspace, records, made(workspace, record, of), show_output=show_output)


def deploy_image(
    workspace: Any,
    name: str,
    image: Any,
    deployment_config: WebserviceDeploymentConfiguration | None = None,
    *,
    overwrite: bool = False,
) -> Webservice:
    """Deploy an image that is there; raises as deploy_models() does."""
    config = deployment_config or _default(None)
    config.validate_image(image)
    records = Records(workspace)
    making.make_room(records, name, config.compute_type, overwrite=overwrite)
    record = making.record_of(name, making.image_name(image), config, getattr(image, "models", ()))
    return _deployed(workspace, records, record, show_output=False)


def _default(deployment_target: Any) -> WebserviceDeploymentConfiguration:
    return AciWebservice.deploy_configuration() if deployment_target is None else AksWebservice.deploy_configuration()


def _deployed(workspace: Any, records: Records, record: ServiceRecord, *, show_output: bool) -> Webservice:
    making.run_it(records, record, show_output=show_output)
    return Webservice(workspace, record.name)
