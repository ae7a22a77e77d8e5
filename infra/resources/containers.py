"""Container groups, container apps and the environments that those are in."""

import math
from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.resources.kinds import ENVIRONMENT, resource

LIVENESS = {"periodSeconds": 30, "timeoutSeconds": 5, "failureThreshold": 3}
READINESS = {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3}
_MOST_FAILURES = 10
"""Container Apps take no more."""
_LONGEST_PERIOD = 240


def startup(seconds: float) -> dict[str, int]:
    """So long a model may take to load; the longer it may, the more seldom it is asked."""
    period = min(max(math.ceil(seconds / _MOST_FAILURES), 1), _LONGEST_PERIOD)
    return {"periodSeconds": period, "timeoutSeconds": 5, "failureThreshold": _MOST_FAILURES}


def environment(name: str, region: str, *, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """Where container apps run that are billed by what they use; what they print is not kept."""
    profile = {"name": "Consumption", "workloadProfileType": "Consumption"}
    content = {"location": region, "tags": dict(tags), "properties": {"workloadProfiles": [profile]}}
    return resource(ENVIRONMENT, name, content, deployment=deployment)


def probe(path: str, port: int, times: Mapping[str, int]) -> dict[str, Any]:
    """Is the app there? Asked by HTTP, without a key."""
    return {"httpGet": {"path": path, "port": port}, **times}
