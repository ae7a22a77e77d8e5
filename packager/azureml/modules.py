"""Which stand-ins there are and what each has: module -> name -> `module:name`, or what makes the value."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from packager.azureml.refused import COMPUTE, DATA, PIPELINES, TRAINING, WIDGETS, refused, refused_below
from packager.config import DEFAULT_PYTHON, DISTRIBUTION
from packager.services import services

Names = Mapping[str, str | Callable[[], object]]


def _version() -> str:
    return version(DISTRIBUTION)


def _default_image() -> str:
    from packager.request import DEFAULT_BASE_IMAGES
    from packager.staging.container import OWN_HOST

    return DEFAULT_BASE_IMAGES[OWN_HOST].format(python_version=DEFAULT_PYTHON)


def _service(name: str) -> Callable[[], object]:
    """A class of whoever deploys packages."""
    return lambda: getattr(services(), name)


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
# One image serves both, as the wheels of today's libraries bring CUDA along.
_IMAGES: Names = dict.fromkeys(("DEFAULT_CPU_IMAGE", "DEFAULT_GPU_IMAGE"), _default_image)
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
_AML_REQUEST: Names = {name: f"packager.azureml.scoring:{name}" for name in ("AMLRequest", "rawhttp")}
_AML_RESPONSE: Names = {"AMLResponse": "packager.azureml.scoring:AMLResponse"}
_MONITORING: Names = {"ModelDataCollector": "packager.azureml.scoring:ModelDataCollector"}
_WEBSERVICES: Mapping[str, tuple[str, ...]] = {
    "webservice": ("Webservice", "WebserviceDeploymentConfiguration", "WebServiceAccessToken"),
    "aci": (
        "AciWebservice", "AciServiceDeploymentConfiguration", "ContainerResourceRequirements", "EncryptionProperties",
        "VnetConfiguration",
    ),
    "aks": (
        "AksEndpoint", "AksWebservice", "AksServiceDeploymentConfiguration", "AutoScaler", "DataCollection",
        "ContainerResourceRequirements", "LivenessProbeRequirements",
    ),
    "local": ("LocalWebservice", "LocalWebserviceDeploymentConfiguration"),
}  # fmt: skip
"""Module -> classes, which whoever deploys has."""
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
    "azureml.contrib.services": {},
    "azureml.contrib.services.aml_request": _AML_REQUEST,
    "azureml.contrib.services.aml_response": _AML_RESPONSE,
    "azureml.core": {
        "Workspace": "packager.workspace:Workspace",
        "Model": "packager.models.model:Model",
        "Environment": "packager.environment:Environment",
        "ContainerRegistry": "packager.environment_sections:ContainerRegistry",
        "Image": "packager.container_image:ContainerImage",
        "VERSION": _version,
        "__version__": _version,
        "Webservice": _service("Webservice"),
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
    "azureml.core.environment": {**_ENVIRONMENT, **_IMAGES},
    "azureml.core.experiment": _refused(TRAINING, "Experiment"),
    "azureml.core.image": _IMAGE,
    "azureml.core.image.container": _IMAGE,
    "azureml.core.model": _MODEL,
    "azureml.core.resource_configuration": {"ResourceConfiguration": _MODEL["ResourceConfiguration"]},
    "azureml.core.run": _refused(TRAINING, "Run"),
    "azureml.core.runconfig": {
        **_refused(TRAINING, "RunConfiguration", "DockerConfiguration"),
        "CondaDependencies": _ENVIRONMENT["CondaDependencies"],
        **_IMAGES,
    },
    "azureml.core.script_run_config": _refused(TRAINING, "ScriptRunConfig"),
    "azureml.core.webservice": {
        name: _service(name)
        for name in ("Webservice", "AciWebservice", "AksEndpoint", "AksWebservice", "LocalWebservice")
    },
    **{
        f"azureml.core.webservice.{module}": {name: _service(name) for name in names}
        for module, names in _WEBSERVICES.items()
    },
    "azureml.core.workspace": {"Workspace": "packager.workspace:Workspace"},
    "azureml.exceptions": _EXCEPTIONS,
    "azureml.monitoring": _MONITORING,
    "azureml.monitoring.modeldatacollector": _MONITORING,
    "azureml_inference_server_http": {},
    "azureml_inference_server_http.api": {},
    "azureml_inference_server_http.api.aml_request": _AML_REQUEST,
    "azureml_inference_server_http.api.aml_response": _AML_RESPONSE,
    # Of scikit-learn until 0.23; its package sklearn.externals is still there.
    "sklearn.externals.joblib": {"__getattr__": "packager.azureml.scoring:joblib_name"},
}

_ALL_REFUSED: Mapping[str, str] = {
    "azureml.automl": TRAINING,
    "azureml.data": DATA,
    "azureml.opendatasets": DATA,
    "azureml.pipeline": PIPELINES,
    "azureml.train": TRAINING,
    "azureml.widgets": WIDGETS,
}
"""Packages of which no name can be kept, in whichever module below them."""


def names_in(module: str) -> Names | None:
    """What a stand-in has; None if there is none for that module."""
    if module in MODULES:
        return MODULES[module]
    reason = _ALL_REFUSED.get(".".join(module.split(".")[:2]))
    return {"__getattr__": lambda: refused_below(reason)} if reason is not None else None


def is_package(name: str) -> bool:
    """Has the stand-in modules below it?"""
    return name not in MODULES or any(other.startswith(f"{name}.") for other in MODULES)
