"""Every body that a target writes is what Microsoft's own models say, and a wrong key in any of them is noticed."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from infra.contract import DeploymentSpec, Manifest
from infra.registry import target_named
from tests.support.arm_models import plain, problems
from tests.support.deployments import every_deployment

FREE = frozenset({"tags", "metadata", "userAssignedIdentities"})
"""Their keys are anybody's."""


@cache
def bodies() -> dict[str, tuple[str, dict[str, Any]]]:
    """One of each different body, by a name for messages."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for number, spec in enumerate(every_deployment()):
        for each in target_named(spec.target).render(spec):
            entry = (each.kind, plain(_sent(each)))
            if entry not in found.values():
                found[f"{number} {spec.target} {each.address}"] = entry
    return found


def _sent(manifest: Manifest) -> dict[str, Any]:
    return {key: value for key, value in manifest.body.items() if key not in ("apiVersion", "scope")}


@pytest.mark.parametrize("spec", every_deployment(), ids=lambda spec: spec.target)
def test_every_body_fits_the_models(spec: DeploymentSpec) -> None:
    found = {each.address: problems(each.kind, each.body) for each in target_named(spec.target).render(spec)}

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_every_kind_of_resource_is_judged() -> None:
    kinds = {kind for kind, _ in bodies().values()}

    assert len(kinds) == 15


def test_a_wrong_key_anywhere_is_noticed() -> None:
    tried, unnoticed = 0, []
    for name, (kind, body) in bodies().items():
        for path, wrong in _misspelt(body):
            tried += 1
            if not problems(kind, wrong):
                unnoticed.append(f"{name}: {path}")

    assert unnoticed == []
    assert tried > 1000


def test_a_value_of_a_wrong_type_anywhere_is_noticed() -> None:
    tried, unnoticed = 0, []
    for name, (kind, body) in bodies().items():
        for path, wrong in _mistyped(body):
            tried += 1
            if not problems(kind, wrong):
                unnoticed.append(f"{name}: {path}")

    assert unnoticed == []
    assert tried > 1000


@pytest.mark.parametrize(
    ("kind", "body", "about"),
    [
        ("Microsoft.Web/sites", {"properties": {"siteConfig": {"ftpsState": "Off"}}}, "ftpsState"),
        ("Microsoft.Web/sites", {"properties": {"siteConfg": {}}}, "siteConfg"),
        ("Microsoft.Web/sites", {"siteConfig": {}}, "siteConfig"),
        ("Microsoft.Web/sites", {"properties": {"httpsOnly": "true"}}, "httpsOnly"),
        ("Microsoft.Web/sites", {"identity": {"type": "Mine"}}, "identity.type"),
        ("Microsoft.ContainerInstance/containerGroups", {"properties": {"osType": "linux"}}, "osType"),
        ("Microsoft.Storage/storageAccounts", {"properties": {"minimumTlsVersion": "1.2"}}, "minimumTlsVersion"),
        ("Microsoft.Authorization/roleAssignments", {"properties": {"principalType": "Robot"}}, "principalType"),
    ],
)
def test_words_outside_of_an_enumeration_are_noticed(kind: str, body: dict[str, Any], about: str) -> None:
    assert [each for each in problems(kind, body) if about in each]


def _misspelt(body: Any, whole: Any = None, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    whole = body if whole is None else whole
    if isinstance(body, list):
        for index, part in enumerate(body):
            yield from _misspelt(part, whole, (*path, index))
    if not isinstance(body, dict):
        return
    for key, part in body.items():
        if not path or path[-1] not in FREE:
            wrong = copy.deepcopy(whole)
            holder = _at(wrong, path)
            holder[f"{key}x"] = holder.pop(key)
            yield f"{path} {key}", wrong
        yield from _misspelt(part, whole, (*path, key))


def _mistyped(body: Any, whole: Any = None, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    whole = body if whole is None else whole
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, part in parts:
        wrong = copy.deepcopy(whole)
        _at(wrong, path)[key] = [part] if not isinstance(part, list) else {"it": part}
        yield f"{path} {key}", wrong
        yield from _mistyped(part, whole, (*path, key))


def _at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body
