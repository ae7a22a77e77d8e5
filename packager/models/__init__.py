"""Models: named files, numbered."""

from packager.models.contract import ModelRegistry, ModelVersion
from packager.models.local import LocalModelRegistry
from packager.models.memory import MemoryModelRegistry
from packager.models.model import Model

__all__ = ["LocalModelRegistry", "MemoryModelRegistry", "Model", "ModelRegistry", "ModelVersion"]
