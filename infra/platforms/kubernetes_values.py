"""Secrets as a cluster takes them: values from the environment, keys made once."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from function_host.keys.document import new_value
from infra.contract import Manifest, Secret
from infra.errors import InvalidDeployment
from infra.platforms.kubernetes_objects import Object, data_of
from infra.targets.kubernetes_keys import NewKey
from infra.targets.kubernetes_secrets import PULL_TYPE, SECRET


def body_of(manifest: Manifest, actual: Object | None, variables: Mapping[str, str]) -> dict[str, Any]:
    """As the cluster takes it; keys that are there already stay. Raises InvalidDeployment for a secret not set."""
    body = dict(manifest.body)
    if manifest.kind != SECRET:
        return body
    values = body.pop("stringData")
    texts = {key: _text(value, variables) for key, value in values.items()}
    if body["type"] == PULL_TYPE:
        texts = {".dockerconfigjson": _docker_config(texts)}
    # People add keys of their own, and callers hold those that were made.
    kept = data_of(actual) if is_made_once(manifest) else {}
    return {**body, "data": {**{key: _base64(text) for key, text in texts.items()}, **kept}}


def is_made_once(manifest: Manifest) -> bool:
    """Does it hold keys of functions, which stay as they are? Pods read them anew while they run."""
    return any(isinstance(value, NewKey) for value in manifest.body.get("stringData", {}).values())


def _text(value: str | Secret | NewKey, variables: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, NewKey):
        return new_value()
    if value.variable not in variables:
        raise InvalidDeployment(f"The environment variable {value.variable!r} holds a secret, but it is not set.")
    return variables[value.variable]


def _docker_config(login: Mapping[str, str]) -> str:
    known = {"username": login["username"], "password": login["password"]}
    auth = _base64(f"{login['username']}:{login['password']}")
    return json.dumps({"auths": {login["server"]: {**known, "auth": auth}}})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
