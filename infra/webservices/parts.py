"""The small values of the retired web services: resources, scaling, probes, tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


class _Payload:
    """Reads and writes JSON values whose keys are the fields' names in camelCase."""

    def serialize(self) -> dict[str, Any]:
        """As JSON values."""
        return {_camel(each.name): getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def deserialize(cls, payload_obj: Mapping[str, Any] | None) -> Self | None:
        """What serialize() gave; None for None."""
        if payload_obj is None:
            return None
        return cls(**{each.name: payload_obj.get(_camel(each.name)) for each in fields(cls)})  # type: ignore[arg-type]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


@dataclass
class ContainerResourceRequirements(_Payload):
    """What one replica may take: cores and gigabytes."""

    cpu: float | None
    memory_in_gb: float | None
    gpu: int | None = None
    cpu_limit: float | None = None
    memory_in_gb_limit: float | None = None


@dataclass
class AutoScaler(_Payload):
    """How many replicas there may be."""

    autoscale_enabled: bool | None
    max_replicas: int | None
    min_replicas: int | None
    refresh_period_seconds: int | None
    target_utilization: int | None


@dataclass
class LivenessProbeRequirements(_Payload):
    """How it is asked whether it lives; seconds and counts."""

    period_seconds: int | None
    initial_delay_seconds: int | None
    timeout_seconds: int | None
    success_threshold: int | None
    failure_threshold: int | None


@dataclass
class DataCollection(_Payload):
    """What is collected of its requests."""

    event_hub_enabled: bool | None
    storage_enabled: bool | None


@dataclass
class EncryptionProperties(_Payload):
    """A key of one's own to encrypt with."""

    cmk_vault_base_url: str | None
    cmk_key_name: str | None
    cmk_key_version: str | None


@dataclass
class VnetConfiguration(_Payload):
    """A network of one's own to be in."""

    vnet_name: str | None
    subnet_name: str | None


@dataclass
class WebServiceAccessToken(_Payload):
    """A token that opened a service for some time."""

    access_token: str
    token_type: str
    refresh_after: Any
    expiry_on: Any
