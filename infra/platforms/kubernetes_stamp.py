"""The stamp of the pods: other Secrets are other pods, and what tells so holds no secret."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.contract import Manifest
from infra.platforms.kubernetes_objects import Object
from infra.platforms.kubernetes_rollout import DEPLOYMENT
from infra.platforms.kubernetes_values import body_of, is_made_once
from infra.targets.kubernetes_names import MANAGER
from infra.targets.kubernetes_secrets import SECRET

STAMP = f"{MANAGER}/secrets"
"""The annotation of the pods."""
_NOT_MADE = "not made yet"


def stamped(manifests: Sequence[Manifest], there: Mapping[str, Object], variables: Mapping[str, str]) -> list[Manifest]:
    """The same, but the pods' template says which Secrets they start with; not those that they read while they run.

    Raises InvalidDeployment for a secret that is not set.
    """
    secrets = [each for each in manifests if each.kind == SECRET and not is_made_once(each)]
    if not secrets:
        return list(manifests)
    stamp = _stamp(secrets, there, variables)
    return [replace(each, body=_with(each.body, stamp)) if each.kind == DEPLOYMENT else each for each in manifests]


def _stamp(secrets: Sequence[Manifest], there: Mapping[str, Object], variables: Mapping[str, str]) -> str:
    """Keyed by the Secrets' uids, which are random and told only to who may read the values: nobody can guess them."""
    known = [there.get(each.address) for each in secrets]
    uids = [each["metadata"]["uid"] for each in known if each is not None]
    if len(uids) < len(secrets):
        return _NOT_MADE
    data = [body_of(each, None, variables)["data"] for each in secrets]
    key = hashlib.sha256("".join(uids).encode()).digest()
    return hashlib.blake2b(json.dumps(data, sort_keys=True).encode(), key=key, digest_size=16).hexdigest()


def _with(body: Mapping[str, Any], stamp: str) -> dict[str, Any]:
    template = body["spec"]["template"]
    annotations = {**template["metadata"].get("annotations", {}), STAMP: stamp}
    metadata = {**template["metadata"], "annotations": annotations}
    return {**body, "spec": {**body["spec"], "template": {**template, "metadata": metadata}}}
