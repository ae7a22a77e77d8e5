"""Make an image: package a trained model and a scoring script.

Everything here is plain Python until it is called: triggers, builders and their SDKs are imported on use.
"""

from packager.environment import CondaDependencies, Environment
from packager.errors import (
    BuildFailed,
    EngineUnavailable,
    InvalidEntryScript,
    InvalidEnvironment,
    InvalidModel,
    InvalidPackageRequest,
    ModelNotFound,
    PackagerError,
    PublishFailed,
    StagingError,
)
from packager.inference_config import InferenceConfig
from packager.model_package import ModelPackage
from packager.models import LocalModelRegistry, Model, ModelRegistry
from packager.package import (
    BLOB_TRIGGER,
    HTTP_TRIGGER,
    SERVICE_BUS_QUEUE_TRIGGER,
    package,
    package_blob,
    package_http,
    package_service_bus_queue,
)

__all__ = [
    "BLOB_TRIGGER",
    "HTTP_TRIGGER",
    "SERVICE_BUS_QUEUE_TRIGGER",
    "BuildFailed",
    "CondaDependencies",
    "EngineUnavailable",
    "Environment",
    "InferenceConfig",
    "InvalidEntryScript",
    "InvalidEnvironment",
    "InvalidModel",
    "InvalidPackageRequest",
    "LocalModelRegistry",
    "Model",
    "ModelNotFound",
    "ModelPackage",
    "ModelRegistry",
    "PackagerError",
    "PublishFailed",
    "StagingError",
    "package",
    "package_blob",
    "package_http",
    "package_service_bus_queue",
]
