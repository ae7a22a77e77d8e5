"""Make an image: package a trained model and a scoring script.

Everything here is plain Python until it is called: triggers, builders and their SDKs are imported on use.
"""

from importlib import import_module
from typing import Any

from packager.conda_dependencies import CondaDependencies
from packager.container_image import ContainerImage, ContainerImageConfig
from packager.environment import Environment
from packager.environment_sections import ContainerRegistry, DockerBuildContext, DockerSection, PythonSection
from packager.errors import (
    AccessRefused,
    BuildFailed,
    EngineUnavailable,
    ImageRegistryError,
    InvalidEntryScript,
    InvalidEnvironment,
    InvalidImage,
    InvalidModel,
    InvalidPackageRequest,
    ModelChanged,
    ModelNotFound,
    NotInRegistry,
    PackagerError,
    ProofFailed,
    PublishFailed,
    RegistryUnavailable,
    RegistryUnreachable,
    SignatureRefused,
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
from packager.proof import Limits, Measured, Proof, Tried
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
    "AccessRefused",
    "BlobTrigger",
    "BuildFailed",
    "CondaDependencies",
    "ContainerImage",
    "ContainerImageConfig",
    "ContainerRegistry",
    "Credentials",
    "DockerBuildContext",
    "DockerSection",
    "EngineUnavailable",
    "Environment",
    "Finding",
    "HttpTrigger",
    "ImageRegistryError",
    "InferenceConfig",
    "InvalidEntryScript",
    "InvalidEnvironment",
    "InvalidImage",
    "InvalidModel",
    "InvalidPackageRequest",
    "Limits",
    "LocalModelRegistry",
    "Measured",
    "MigrationReport",
    "Model",
    "ModelChanged",
    "ModelNotFound",
    "ModelPackage",
    "ModelRegistry",
    "NotInRegistry",
    "OtherTrigger",
    "PackagerError",
    "Proof",
    "ProofFailed",
    "PublishFailed",
    "PythonSection",
    "RegistryAccess",
    "RegistryPublisher",
    "RegistryUnavailable",
    "RegistryUnreachable",
    "ResourceConfiguration",
    "ServiceBusQueueTrigger",
    "SignatureRefused",
    "StagingError",
    "StorageQueueTrigger",
    "TimerTrigger",
    "Tried",
    "UnresolvedRequirement",
    "Workspace",
    "generate_key_pair",
    "image_sboms",
    "inspect_image",
    "migrate",
    "open_registry",
    "package",
    "package_blob",
    "package_http",
    "package_service_bus_queue",
    "sign_image",
    "verify_image",
]

# These bring an HTTP client along, which most who import this have no use for.
_ON_USE = {
    "Credentials": "packager.oci.credentials",
    "RegistryAccess": "packager.oci.connecting",
    "RegistryPublisher": "packager.publishers.registry",
    "generate_key_pair": "packager.signing_keys",
    "image_sboms": "packager.sbom_publishing",
    "inspect_image": "packager.inspecting",
    "sign_image": "packager.signing",
    "verify_image": "packager.signing",
}


def __getattr__(name: str) -> Any:
    """What is imported when it is first asked for."""
    if name not in _ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ON_USE[name]), name)
