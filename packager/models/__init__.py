"""Models: named files, numbered."""

from packager.models.contract import ModelRegistry, ModelVersion
from packager.models.local import LocalModelRegistry
from packager.models.memory import MemoryModelRegistry
from packager.models.model import Model
from packager.models.opening import open_registry
from packager.models.resource_configuration import ResourceConfiguration

__all__ = [
    "LocalModelRegistry",
    "MemoryModelRegistry",
    "Model",
    "ModelRegistry",
    "ModelVersion",
    "ResourceConfiguration",
    "open_registry",
]
