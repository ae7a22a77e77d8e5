"""What deploy_configuration() gives: the arguments that were given, checked, and what they ask of a target."""

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any, ClassVar

from infra.contract import Scale, Size
from infra.errors import WebserviceFailed

GIGABYTE = 1 << 30


class WebserviceDeploymentConfiguration:
    """The arguments of one deploy_configuration(), as attributes; None for those that were not given."""

    compute_type: ClassVar[str] = ""

    def __init__(  # noqa: PLR0913, PLR0917 - the retired signature
        self,
        type: str = "",  # noqa: A002 - the retired name
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        location: str | None = None,
        **others: Any,
    ) -> None:
        self.description, self.tags, self.properties = description, tags, properties
        self.primary_key, self.secondary_key, self.location = primary_key, secondary_key, location
        for name, value in others.items():
            setattr(self, name, value)
        self._names = (*others, "primary_key", "secondary_key", "location")
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raises WebserviceFailed with everything that is wrong, a line each."""
        if problems := self._problems():
            raise WebserviceFailed("Invalid configuration:\n" + "\n".join(problems))

    def print_deploy_configuration(self) -> None:
        """Print what was given, a line each, keys excepted."""
        for name, value in self.given().items():
            if not name.endswith("_key"):
                print(f"{name}: {value}")  # noqa: T201 - what it is for

    @classmethod
    def validate_image(cls, image: object) -> None:
        """Raises WebserviceFailed for what is no image."""
        if image is None:
            raise WebserviceFailed("Error, image cannot be None.")

    def given(self) -> dict[str, Any]:
        """Argument -> value, without tags, properties and description."""
        return {name: value for name in self._names if (value := getattr(self, name)) is not None}

    @staticmethod
    def names(deploy_configuration: Callable[..., object]) -> Sequence[str]:
        """Of the arguments, as its signature has them."""
        return tuple(signature(deploy_configuration).parameters)

    def _problems(self) -> list[str]:
        return []


def above_zero(**values: float | None) -> list[str]:
    """A sentence for each that is given and not above zero."""
    return [f"{name} must be greater than 0." for name, value in values.items() if value is not None and value <= 0]


def size_of(arguments: Mapping[str, Any]) -> Size:
    """From cores and gigabytes."""
    memory = arguments.get("memory_gb")
    return Size(cpu=arguments.get("cpu_cores"), memory=int(memory * GIGABYTE) if memory is not None else None)


def scale_of(arguments: Mapping[str, Any]) -> Scale:
    """A fixed number where one is given or scaling is off, else from 1 to 10 at 70 percent unless it says otherwise."""
    fixed = arguments.get("num_replicas")
    if fixed is None and arguments.get("autoscale_enabled") is False:
        fixed = 1
    if fixed is not None:
        return Scale(min_replicas=fixed, max_replicas=fixed)
    return Scale(
        min_replicas=arguments.get("autoscale_min_replicas", 1),
        max_replicas=arguments.get("autoscale_max_replicas", 10),
        target_utilization=arguments.get("autoscale_target_utilization", 70),
    )


def settings_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    """What the host in the image is told by app settings."""
    settings = {
        "AML_APP_INSIGHTS_ENABLED": "true" if arguments.get("enable_app_insights") else None,
        "AML_MODEL_DC_STORAGE_ENABLED": "true" if arguments.get("collect_model_data") else None,
        "SCORING_TIMEOUT_MS": arguments.get("scoring_timeout_ms"),
    }
    return {name: str(value) for name, value in settings.items() if value is not None}
