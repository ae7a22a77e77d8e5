"""ResourceConfiguration: what serving a model takes, as the retired SDK says it."""

from collections.abc import Mapping
from dataclasses import dataclass

from packager.errors import InvalidModel


@dataclass(slots=True)
class ResourceConfiguration:
    """Processor cores, memory in GB and GPUs; None is not known."""

    cpu: float | None = None
    memory_in_gb: float | None = None
    gpu: int | None = None

    def __post_init__(self) -> None:
        for name in ("cpu", "memory_in_gb", "gpu"):
            value = getattr(self, name)
            if value is None:
                continue
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or value < 0
                or (not value and name != "gpu")
            ):
                raise InvalidModel(f"ResourceConfiguration: {name} must be a number above 0, not {value!r}.")

    def serialize(self) -> dict[str, float | None]:
        """As JSON values."""
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    @staticmethod
    def deserialize(payload_obj: Mapping[str, float | None] | None) -> "ResourceConfiguration | None":
        """What serialize() gave; None for nothing."""
        if not payload_obj:
            return None
        gpu = payload_obj.get("gpu")
        return ResourceConfiguration(
            cpu=payload_obj.get("cpu"),
            memory_in_gb=payload_obj.get("memoryInGB"),
            gpu=None if gpu is None else int(gpu),
        )
