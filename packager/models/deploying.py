"""Model.deploy(), as the retired SDK had it: a package and its place in one call."""

import warnings
from typing import Any

from packager import config
from packager.services import services


class DeployedCalls:
    """The calls of Model that end in a web service."""

    @staticmethod
    def deploy(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: Any,
        name: str,
        models: Any,
        inference_config: Any = None,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
        show_output: bool = False,
    ) -> Any:
        """Package the models as a plain web service, run it, and give back its Webservice.

        `deployment_config` says where: LocalWebservice, AciWebservice or AksWebservice.deploy_configuration(...).
        Whether it came up is told by wait_for_deployment(). Raises what package() and the deployment raise.
        """
        if config.warns_of_deprecation():
            warnings.warn(
                "Model.deploy() stays for code that was written for the retired SDK; package() and infra.deploy() do "
                "the same in two steps. AZUREML_LOG_DEPRECATION_WARNING_ENABLED=False takes this warning away.",
                FutureWarning,
                stacklevel=2,
            )
        return services().deploy_models(
            workspace,
            name,
            models,
            inference_config,
            deployment_config=deployment_config,
            deployment_target=deployment_target,
            overwrite=overwrite,
            show_output=show_output,
        )
