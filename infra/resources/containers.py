"""Container groups, container apps and the environments that those are in."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.resources.kinds import ENVIRONMENT, resource

LIVENESS = {"periodSeconds": 30, "timeoutSeconds": 5, "failureThreshold": 3}
READINESS = {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3}
STARTUP = {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 60}
"""Ten minutes for a model that takes long to load."""


def environment(name: str, region: str, *, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """Where container apps run that are billed by what they use; what they print is not kept."""
    profile = {"name": "Consumption", "workloadProfileType": "Consumption"}
    content = {"location": region, "tags": dict(tags), "properties": {"workloadProfiles": [profile]}}
    return resource(ENVIRONMENT, name, content, deployment=deployment)


def probe(path: str, port: int, times: Mapping[str, int]) -> dict[str, Any]:
    """Is the app there? Asked by HTTP, without a key."""
    return {"httpGet": {"path": path, "port": port}, **times}
