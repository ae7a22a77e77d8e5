"""Make an image: package a trained model and a scoring script.

Everything here is plain Python until it is called: triggers, builders and their SDKs are imported on use.
"""

from packager.conda_dependencies import CondaDependencies
from packager.container_image import ContainerImage, ContainerImageConfig
from packager.environment import Environment
from packager.environment_sections import ContainerRegistry, DockerBuildContext, DockerSection, PythonSection
from packager.errors import (
    BuildFailed,
    EngineUnavailable,
    InvalidEntryScript,
    InvalidEnvironment,
    InvalidModel,
    InvalidPackageRequest,
    ModelChanged,
    ModelNotFound,
    PackagerError,
    PublishFailed,
    RegistryUnavailable,
    StagingError,
    UnresolvedRequirement,
)
from packager.inference_config import InferenceConfig
from packager.migration import Finding, MigrationReport, migrate
from packager.model_package import ModelPackage
from packager.models import LocalModelRegistry, Model, ModelRegistry, ResourceConfiguration, open_registry
from packager.package import (
    BLOB_TRIGGER,
    HTTP_TRIGGER,
    SERVICE_BUS_QUEUE_TRIGGER,
    package,
    package_blob,
    package_http,
    package_service_bus_queue,
)
from packager.trigger_forms import (
    BlobTrigger,
    HttpTrigger,
    OtherTrigger,
    ServiceBusQueueTrigger,
    StorageQueueTrigger,
    TimerTrigger,
)
from packager.workspace import Workspace

__all__ = [
    "BLOB_TRIGGER",
    "HTTP_TRIGGER",
    "SERVICE_BUS_QUEUE_TRIGGER",
    "BlobTrigger",
    "BuildFailed",
    "CondaDependencies",
    "ContainerImage",
    "ContainerImageConfig",
    "ContainerRegistry",
    "DockerBuildContext",
    "DockerSection",
    "EngineUnavailable",
    "Environment",
    "Finding",
    "HttpTrigger",
    "InferenceConfig",
    "InvalidEntryScript",
    "InvalidEnvironment",
    "InvalidModel",
    "InvalidPackageRequest",
    "LocalModelRegistry",
    "MigrationReport",
    "Model",
    "ModelChanged",
    "ModelNotFound",
    "ModelPackage",
    "ModelRegistry",
    "OtherTrigger",
    "PackagerError",
    "PublishFailed",
    "PythonSection",
    "RegistryUnavailable",
    "ResourceConfiguration",
    "ServiceBusQueueTrigger",
    "StagingError",
    "StorageQueueTrigger",
    "TimerTrigger",
    "UnresolvedRequirement",
    "Workspace",
    "migrate",
    "open_registry",
    "package",
    "package_blob",
    "package_http",
    "package_service_bus_queue",
]
