"""Judges bodies for Azure Resource Manager by the typed models of Microsoft's clients: names, types, enumerations."""

import datetime
import enum
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from infra.resources.expressions import EXPRESSIONS
from infra.resources.kinds import (
    BUS_QUEUE,
    BUS_SUBSCRIPTION,
    BUS_TOPIC,
    CONTAINER,
    CONTAINER_APP,
    CONTAINER_GROUP,
    ENVIRONMENT,
    EVENT_SUBSCRIPTION,
    EVENT_TOPIC,
    GROUP,
    IDENTITY,
    NAMESPACE,
    PLAN,
    QUEUE,
    ROLE,
    SITE,
    STORAGE,
)

MODELS = {
    GROUP: ("azure.mgmt.resource.resources.models", "ResourceGroup"),
    IDENTITY: ("azure.mgmt.msi.v2024_11_30.models", "Identity"),
    ROLE: ("azure.mgmt.authorization.v2022_04_01.models", "RoleAssignmentCreateParameters"),
    STORAGE: ("azure.mgmt.storage.models", "StorageAccountCreateParameters"),
    CONTAINER: ("azure.mgmt.storage.models", "BlobContainer"),
    QUEUE: ("azure.mgmt.storage.models", "StorageQueue"),
    NAMESPACE: ("azure.mgmt.servicebus.models", "SBNamespace"),
    BUS_QUEUE: ("azure.mgmt.servicebus.models", "SBQueue"),
    BUS_TOPIC: ("azure.mgmt.servicebus.models", "SBTopic"),
    BUS_SUBSCRIPTION: ("azure.mgmt.servicebus.models", "SBSubscription"),
    EVENT_TOPIC: ("azure.mgmt.eventgrid.models", "SystemTopic"),
    EVENT_SUBSCRIPTION: ("azure.mgmt.eventgrid.models", "EventSubscription"),
    PLAN: ("azure.mgmt.web.models", "AppServicePlan"),
    SITE: ("azure.mgmt.web.models", "Site"),
    CONTAINER_GROUP: ("azure.mgmt.containerinstance.models", "ContainerGroup"),
    ENVIRONMENT: ("azure.mgmt.appcontainers.models", "ManagedEnvironment"),
    CONTAINER_APP: ("azure.mgmt.appcontainers.models", "ContainerApp"),
}
_NAMES = {"str": (str,), "bool": (bool,), "int": (int,), "long": (int,), "float": (int, float), "iso-8601": (str,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value may be."""

    fields: dict[str, "Shape"] = field(default_factory=dict)
    """Of an object with named keys."""
    model: type | None = None
    """Instead of `fields`, where those are looked up when they are needed."""
    items: "Shape | None" = None
    values: "Shape | None" = None
    """Of an object with free keys."""
    scalars: tuple[type, ...] = ()
    among: frozenset[str] | None = None


_ANY = Shape(scalars=(object,))


def problems(kind: str, body: Mapping[str, Any]) -> list[str]:
    """What is wrong with a manifest's body; `apiVersion` and `scope` go into the URL and are left out."""
    sent = {key: plain(value) for key, value in body.items() if key not in ("apiVersion", "scope")}
    module, name = MODELS[kind]
    return list(_wrong(sent, Shape(model=getattr(importlib.import_module(module), name)), ""))


def plain(value: Any) -> Any:
    """The value with a text for everything that is known only later."""
    if isinstance(value, EXPRESSIONS):
        return "text"
    if isinstance(value, Mapping):
        return {plain(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def _wrong(value: Any, shape: Shape, at: str) -> Iterator[str]:
    if shape is _ANY:
        return
    if shape.items:
        yield from _wrong_list(value, shape.items, at)
    elif shape.scalars:
        yield from _wrong_scalar(value, shape, at)
    elif not isinstance(value, dict):
        yield f"{at}: {value!r} is no object"
    else:
        known = fields_of(_meant(shape.model, value)) if shape.model else shape.fields
        for key, part in value.items():
            expected = shape.values or known.get(key)
            yield from _wrong(part, expected, f"{at}.{key}") if expected else [f"{at}.{key}: unknown"]


def _meant(model: Any, value: Mapping[str, Any]) -> type:
    """Of a model with kinds the one that the value says it is; the model itself where it says none of them."""
    package = sys.modules[model.__module__.rpartition(".")[0]]
    for name, kinds in getattr(model, "_subtype_map", {}).items():
        said = value.get(model._attribute_map[name]["key"])
        if isinstance(said, str) and said in kinds:
            return getattr(package, kinds[said])
    return model


def _wrong_list(value: Any, items: Shape, at: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at}: {value!r} is no list"
        return
    for index, part in enumerate(value):
        yield from _wrong(part, items, f"{at}[{index}]")


def _wrong_scalar(value: Any, shape: Shape, at: str) -> Iterator[str]:
    misfit = isinstance(value, bool) and bool not in shape.scalars
    if misfit or not isinstance(value, shape.scalars):
        yield f"{at}: {value!r} is none of {shape.scalars}"
    elif shape.among is not None and value not in shape.among:
        yield f"{at}: {value!r} is not in {sorted(shape.among)}"


@cache
def fields_of(model: type) -> dict[str, Shape]:
    """Key in JSON -> what it may hold; those that only Azure writes are left out."""
    return _older(model) if hasattr(model, "_attribute_map") else _newer(model)


def _newer(model: Any) -> dict[str, Shape]:
    model({})  # the first instance finds the names in JSON
    package = sys.modules[model.__module__.rpartition(".")[0]]
    known = {"_models": package, "datetime": datetime, "JSON": Any, "_types": None}
    found: dict[str, Shape] = {}
    for base in reversed(model.__mro__):
        hints = inspect.get_annotations(base)
        space = {**vars(sys.modules[base.__module__]), **known}
        for name, hint in hints.items():
            rest = model._attr_to_rest_field.get(name)
            if rest is not None and rest._visibility != ["read"]:
                found[rest._rest_name] = _of_hint(_resolved(hint, space))
    return found


def _resolved(hint: Any, space: dict[str, Any]) -> Any:
    holder = types.SimpleNamespace(__annotations__={"it": hint})
    return typing.get_type_hints(holder, globalns=space)["it"]


def _of_hint(hint: Any) -> Shape:
    origin, parts = typing.get_origin(hint), [each for each in typing.get_args(hint) if each is not type(None)]
    if origin in (typing.Union, types.UnionType):
        enums = [each for each in parts if isinstance(each, type) and issubclass(each, enum.Enum)]
        named = frozenset(str(each.value) for one in enums for each in one)
        return Shape(scalars=(str,), among=named) if enums else _of_hint(parts[0])
    if origin is list:
        return Shape(items=_of_hint(parts[0]))
    if origin is dict:
        return Shape(values=_of_hint(parts[1]))
    if origin is typing.Literal:
        return Shape(scalars=(str,), among=frozenset(str(getattr(each, "value", each)) for each in parts))
    return _of_type(hint)


def _of_type(hint: Any) -> Shape:
    if not isinstance(hint, type) or hint is object:
        return _ANY
    if issubclass(hint, enum.Enum):
        return Shape(scalars=(str,), among=frozenset(str(each.value) for each in hint))
    if hasattr(hint, "_attr_to_rest_field") or hint.__module__.startswith("azure."):
        return Shape(model=hint)
    if hint in (datetime.datetime, datetime.timedelta):
        return Shape(scalars=(str,))
    return Shape(scalars=(int, float) if hint is float else (hint,))


def _older(model: Any) -> dict[str, Shape]:
    found: dict[str, Any] = {}
    for name, said in model._attribute_map.items():
        if model._validation.get(name, {}).get("readonly"):
            continue
        *parents, last = said["key"].split(".")
        level = found
        for each in parents:
            level = level.setdefault(each, {})
        level[last] = _of_text(model, said["type"], _enumeration(model, name))
    return {key: _nested(value) for key, value in found.items()}


def _nested(value: Any) -> Shape:
    return value if isinstance(value, Shape) else Shape(fields={key: _nested(part) for key, part in value.items()})


def _of_text(model: type, text: str, among: frozenset[str] | None) -> Shape:
    if text.startswith("["):
        return Shape(items=_of_text(model, text[1:-1], among))
    if text.startswith("{"):
        return Shape(values=_of_text(model, text[1:-1], among))
    if text in _NAMES:
        return Shape(scalars=_NAMES[text], among=among)
    named = getattr(sys.modules[model.__module__.rpartition(".")[0]], text, None)
    return Shape(model=named) if named is not None else _ANY


def _enumeration(model: type, name: str) -> frozenset[str] | None:
    """Older models tell in their documentation only which enumeration a text is from."""
    for base in model.__mro__:
        match = re.search(rf":(?:vartype|paramtype) {name}: str or\s+~([\w.]+)", base.__doc__ or "")
        if match:
            module, _, last = match[1].rpartition(".")
            return frozenset(str(each.value) for each in getattr(importlib.import_module(module), last))
    return None
