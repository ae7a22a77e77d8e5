"""Which stand-ins there are and what each has: module -> name -> `module:name`, or what makes the value."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from packager.azureml.refused import COMPUTE, DATA, SERVICES, TRAINING, refused
from packager.config import DISTRIBUTION

Names = Mapping[str, str | Callable[[], object]]


def _version() -> str:
    return version(DISTRIBUTION)


def _refused(reason: str, *names: str) -> Names:
    return {name: refused(name, reason) for name in names}


_ENVIRONMENT: Names = {
    "Environment": "packager.environment:Environment",
    "CondaDependencies": "packager.conda_dependencies:CondaDependencies",
    "ContainerRegistry": "packager.environment_sections:ContainerRegistry",
    "DockerBuildContext": "packager.environment_sections:DockerBuildContext",
    "DockerSection": "packager.environment_sections:DockerSection",
    "PythonSection": "packager.environment_sections:PythonSection",
}
_MODEL: Names = {
    "Model": "packager.models.model:Model",
    "InferenceConfig": "packager.inference_config:InferenceConfig",
    "ModelPackage": "packager.model_package:ModelPackage",
    "ResourceConfiguration": "packager.models.resource_configuration:ResourceConfiguration",
}
_IMAGE: Names = {
    "ContainerImage": "packager.container_image:ContainerImage",
    "Image": "packager.container_image:ContainerImage",
    "ContainerImageConfig": "packager.container_image:ContainerImageConfig",
}
_EXCEPTIONS: Names = {
    name: f"packager.azureml.exceptions:{name}"
    for name in (
        "AzureMLException",
        "AuthenticationException",
        "ComputeTargetException",
        "ModelNotFoundException",
        "ModelPathNotFoundException",
        "ProjectSystemException",
        "RunConfigurationException",
        "RunEnvironmentException",
        "UserErrorException",
        "WebserviceException",
        "WorkspaceException",
    )
}
_AUTHENTICATION: Names = dict.fromkeys(
    ("AzureCliAuthentication", "InteractiveLoginAuthentication", "MsiAuthentication", "ServicePrincipalAuthentication"),
    "packager.azureml.refused:AnyAuthentication",
)
_WEBSERVICES = ("Webservice", "AciWebservice", "AksEndpoint", "AksWebservice", "LocalWebservice")
_TARGETS = ("ComputeTarget", "AksCompute", "AmlCompute", "ComputeInstance", "RemoteCompute")
_RUNS = ("Experiment", "Run", "ScriptRunConfig", "RunConfiguration", "ScriptRun")
_STORED = ("Dataset", "Datastore")

MODULES: Mapping[str, Names] = {
    "azureml": {},
    "azureml.contrib": {},
    "azureml.contrib.functions": {
        **{
            name: f"packager.package:{name}"
            for name in (
                "BLOB_TRIGGER",
                "HTTP_TRIGGER",
                "SERVICE_BUS_QUEUE_TRIGGER",
                "package",
                "package_blob",
                "package_http",
                "package_service_bus_queue",
            )
        },
        "__version__": _version,
    },
    "azureml.core": {
        "Workspace": "packager.workspace:Workspace",
        "Model": "packager.models.model:Model",
        "Environment": "packager.environment:Environment",
        "ContainerRegistry": "packager.environment_sections:ContainerRegistry",
        "Image": "packager.container_image:ContainerImage",
        "VERSION": _version,
        "__version__": _version,
        **_refused(SERVICES, "Webservice"),
        **_refused(COMPUTE, "ComputeTarget"),
        **_refused(TRAINING, *_RUNS),
        **_refused(DATA, *_STORED),
    },
    "azureml.core.authentication": _AUTHENTICATION,
    "azureml.core.compute": {**_refused(COMPUTE, *_TARGETS)},
    "azureml.core.compute_target": {
        "ComputeTargetException": _EXCEPTIONS["ComputeTargetException"],
        **_refused(COMPUTE, "ComputeTarget"),
    },
    "azureml.core.conda_dependencies": {"CondaDependencies": _ENVIRONMENT["CondaDependencies"]},
    "azureml.core.container_registry": {"ContainerRegistry": _ENVIRONMENT["ContainerRegistry"]},
    "azureml.core.dataset": _refused(DATA, "Dataset"),
    "azureml.core.datastore": _refused(DATA, "Datastore"),
    "azureml.core.environment": _ENVIRONMENT,
    "azureml.core.experiment": _refused(TRAINING, "Experiment"),
    "azureml.core.image": _IMAGE,
    "azureml.core.image.container": _IMAGE,
    "azureml.core.model": _MODEL,
    "azureml.core.resource_configuration": {"ResourceConfiguration": _MODEL["ResourceConfiguration"]},
    "azureml.core.run": _refused(TRAINING, "Run"),
    "azureml.core.runconfig": {
        **_refused(TRAINING, "RunConfiguration", "DockerConfiguration"),
        "CondaDependencies": _ENVIRONMENT["CondaDependencies"],
    },
    "azureml.core.script_run_config": _refused(TRAINING, "ScriptRunConfig"),
    "azureml.core.webservice": _refused(SERVICES, *_WEBSERVICES),
    "azureml.core.workspace": {"Workspace": "packager.workspace:Workspace"},
    "azureml.exceptions": _EXCEPTIONS,
}


def is_package(name: str) -> bool:
    """Has the stand-in modules below it?"""
    return any(other.startswith(f"{name}.") for other in MODULES)
