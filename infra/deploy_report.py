"""Plans and deployments for people: what would change, and how to reach what runs."""

import shlex
from collections import Counter
from collections.abc import Sequence

from infra.contract import AppFunction, Change, Deployment, DeploymentSpec

_SIGNS = {"create": "+", "update": "~", "delete": "-", "none": " "}

_PREFIX_SETTING = "azurefunctionsjobhost__extensions__http__routeprefix"


def describe_changes(changes: Sequence[Change]) -> str:
    """A line per manifest, with what is different below it, and a sum."""
    lines = []
    for change in changes:
        lines.append(f"{_SIGNS.get(change.action, '?')} {change.address}")
        lines += [f"      {detail}" for detail in change.details]
    counted = Counter(change.action for change in changes)
    told = [f"{counted[action]} to {action}" for action in ("create", "update", "delete") if counted[action]]
    return "\n".join([*lines, "", (", ".join(told) or "Nothing would change") + "."])


def describe_deployment(found: Deployment, spec: DeploymentSpec) -> str:
    """State, address, key, and a line to try each of the app's ways in."""
    rows = {"state": found.state, "image": found.image, "url": found.url, "key": found.key, **found.details}
    lines = [f"{found.name} on {found.target}"]
    lines += [f"  {name:<10} {value}" for name, value in rows.items() if value]
    prefix = _route_prefix(spec)
    ways = [way for function in spec.image.functions for way in _ways_in(function, found, prefix)]
    if spec.image.reference and spec.image.is_web_service and found.url:
        ways = [f"curl -d @request.json {found.url.rstrip('/')}/score"]
    return "\n".join([*lines, *(["", "Try it:"] if ways else []), *(f"  {way}" for way in ways)])


def _route_prefix(spec: DeploymentSpec) -> str:
    """As the settings say it: what host.json in the image says is not known here."""
    given = (value for name, value in spec.settings.items() if name.lower().replace(":", "__") == _PREFIX_SETTING)
    return next((value for value in given if isinstance(value, str)), "api").strip("/")


def _ways_in(function: AppFunction, found: Deployment, prefix: str) -> list[str]:
    trigger = function.trigger
    match trigger.type.lower():
        case "httptrigger" if found.url:
            route = trigger.option("route", function.name).strip("/")
            url = "/".join(part for part in (found.url.rstrip("/"), prefix, route) if part)
            return [f"curl -d @request.json{_key_header(function, found)} {shlex.quote(url)}"]
        case "blobtrigger":
            outputs = [each.option("path") for each in function.outputs if each.type == "blob"]
            answer = f"; the answer comes to {outputs[0]}" if outputs else ""
            return [f"write a blob to {trigger.option('path')}{answer}"]
        case "servicebustrigger" | "queuetrigger":
            place = trigger.option("queueName") or trigger.option("topicName")
            return [f"send a message to {place}"]
    return []


def _key_header(function: AppFunction, found: Deployment) -> str:
    match function.auth_level:
        case "function":
            given = shlex.quote(f"x-functions-key: {found.key}")
            return f" -H {given}" if found.key else ' -H "x-functions-key: $FUNCTION_KEY"'
        case "admin":
            return ' -H "x-functions-key: $MASTER_KEY"'
    return ""
