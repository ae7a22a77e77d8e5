"""How a trigger's rule for scaling is spelled by the platforms that scale: one rule, one dialect for each of them."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.contract import DeploymentSpec
from infra.errors import InvalidDeployment
from infra.resources.expressions import Expression, ResourceId
from packager.staging.container import AZURE_HOST
from triggers.blob_account import HOST_SETTING
from triggers.contract import Binding, ScaleContext, ScaleRule
from triggers.host_id import host_id
from triggers.registry import by_binding_type

_CONNECTION = "connectionFromEnv"
_CALLED = frozenset({"httptrigger", "eventgridtrigger"})
"""Triggers that a request starts, so that the number of requests says how many replicas there should be."""
HTTP = "http"
"""The rule that counts requests; every other one is named like its function."""
_HTTP = ScaleRule(scaler="http", metadata={"concurrentRequests": "10"})
MOST_REPLICAS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How many replicas of an app run."""

    rules: Mapping[str, ScaleRule]
    """Name of the rule -> the rule; the scaler `http` counts requests."""
    min_replicas: int
    max_replicas: int


def scaling(spec: DeploymentSpec, settings: Mapping[str, Expression | str]) -> Scaling:
    """What the app's triggers ask for, within the deployment's own limits; `settings` are all that the app has.

    Raises InvalidDeployment for limits under which events would wait for ever.
    """
    texts = {name: value if isinstance(value, str) else name for name, value in settings.items()}
    rules: dict[str, ScaleRule] = {}
    needed, sweeps = {"": 0}, False
    for function in spec.image.functions:
        trigger = _as_read(function.trigger, spec.image.host)
        context = ScaleContext(binding=trigger, host_id=host_id(Path(spec.name), settings=texts), settings=texts)
        rule = by_binding_type(trigger.type).scale(context)
        if rule:
            rules[_name(function.name, rules)] = rule
        if trigger.option("eventQueue"):
            rules[_name(f"{function.name}-events", rules)] = _told_of(trigger)
        sweeps = sweeps or (spec.image.host != AZURE_HOST and _is_told(trigger))
        if _is_called(trigger):
            rules[HTTP] = _HTTP
        else:
            needed[function.name] = rule.min_replicas if rule else 1
    if spec.image.is_web_service:
        rules[HTTP] = _HTTP
    return _within(spec, rules, needed, wished=int(sweeps))


def container_apps_rule(
    name: str,
    rule: ScaleRule,
    *,
    settings: Mapping[str, Expression | str],
    secrets: Mapping[str, str],
    identity: ResourceId | None,
) -> dict[str, Any]:
    """The rule as Container Apps take it.

    `secrets` names the secret of each setting that is one; a connection without is opened by `identity`.
    """
    if rule.scaler == "http":
        return {"name": name, "http": {"metadata": dict(rule.metadata)}}
    metadata = {key: value for key, value in rule.metadata.items() if key != _CONNECTION}
    connection = rule.metadata.get(_CONNECTION, "")
    custom: dict[str, Any] = {"type": rule.scaler, "metadata": metadata}
    if connection in secrets:
        custom["auth"] = [{"secretRef": secrets[connection], "triggerParameter": "connection"}]
    elif identity and (place := place_of(connection, rule.scaler, settings)):
        metadata |= place
        custom["identity"] = identity
    elif connection:
        raise InvalidDeployment(
            f"The scale rule {name!r} reads the setting {connection!r}, which says no account that Container Apps can "
            "look into by the app's identity: give it as a secret, or leave it out so that an account is made."
        )
    return {"name": name, "custom": custom}


def _as_read(trigger: Binding, host: str) -> Binding:
    """As the host in the image reads it: Microsoft's knows no queue of events."""
    if host != AZURE_HOST or "eventQueue" not in trigger.options:
        return trigger
    return replace(trigger, options={key: value for key, value in trigger.options.items() if key != "eventQueue"})


def _told_of(trigger: Binding) -> ScaleRule:
    """Blobs that messages tell of wait in a queue of their own until somebody is there to read it."""
    connection = trigger.option("connection", HOST_SETTING)
    metadata = {"queueName": trigger.option("eventQueue").lower(), "queueLength": "5", _CONNECTION: connection}
    return ScaleRule(scaler="azure-queue", metadata=metadata)


def _is_called(trigger: Binding) -> bool:
    """Does a request start it? That of Event Grid about a blob, too."""
    is_told = trigger.option("source").lower() == "eventgrid" and not trigger.option("eventQueue")
    return is_told or trigger.type.lower() in _CALLED


def _is_told(trigger: Binding) -> bool:
    """Do events tell it of blobs? Those get lost at times, and only a host that runs finds their blobs."""
    has_events = trigger.option("source").lower() == "eventgrid" or bool(trigger.option("eventQueue"))
    return has_events and trigger.type.lower() == "blobtrigger"


def _within(spec: DeploymentSpec, rules: Mapping[str, ScaleRule], needed: Mapping[str, int], *, wished: int) -> Scaling:
    """`needed` replicas of each function no deployment may do without; `wished` are there unless it says otherwise."""
    least = max(needed.values())
    given, most = spec.scale.min_replicas, spec.scale.max_replicas
    if given is not None and given < least:
        function = max(needed, key=lambda name: needed[name])
        raise InvalidDeployment(
            f"min_replicas={given} would leave the events of function {function!r} unseen: nothing but a running "
            f"replica looks for them. Set it to {least} or more."
        )
    minimum = max(least, wished) if given is None else given
    maximum = max(MOST_REPLICAS, minimum) if most is None else most
    if minimum < 0 or maximum < max(minimum, 1):
        raise InvalidDeployment(f"{minimum} to {maximum} replicas are no range; max_replicas must be the larger one.")
    return Scaling(rules=rules, min_replicas=minimum, max_replicas=maximum)


def place_of(connection: str, scaler: str, settings: Mapping[str, Expression | str]) -> dict[str, str]:
    """What the scaler looks into, of a connection that is a section of settings."""
    known = {name.lower(): value for name, value in settings.items() if isinstance(value, str)}
    start = connection.lower()
    if scaler == "azure-servicebus":
        host = known.get(f"{start}__fullyqualifiednamespace", "")
        return {"namespace": host.partition(".")[0]} if host else {}
    account = known.get(f"{start}__accountname", "")
    uri = known.get(f"{start}__queueserviceuri", "").removeprefix("https://")
    account = account or uri.partition(".")[0]
    return {"accountName": account} if account else {}


def _name(function: str, taken: Collection[str]) -> str:
    """A name for a rule that is not taken, neither by the rule for requests."""
    plain = function.lower().replace("_", "-")
    names = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
    return next(name for name in names if name != HTTP and name not in taken)
