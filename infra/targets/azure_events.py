"""Blobs that Event Grid tells of through a storage queue: what has to be there so that it does."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from infra.contract import AppFunction, DeploymentSpec, Manifest
from infra.errors import InvalidDeployment
from infra.resources import event_grid, identity, storage
from infra.resources.expressions import ResourceId
from infra.resources.kinds import name_of
from infra.targets.azure_names import check_name
from infra.targets.azure_options import AzureOptions, region
from packager.staging.container import AZURE_HOST

_CONTAINERS = "/blobServices/default/containers/"
_LONGEST = 57
"""Of the readable part of a name that has 64 characters at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One function, and the events that it waits for."""

    function: str
    queue: str
    subject: str
    """What the subject of each of its events begins with."""


def told(spec: DeploymentSpec, functions: Sequence[AppFunction]) -> tuple[Told, ...]:
    """Those of the functions that read events from a queue; raises InvalidDeployment where two read the same one.

    Azure's own host reads no such queue, and would let the events lie.
    """
    found: dict[str, Told] = {}
    for each in functions if spec.image.host != AZURE_HOST else ():
        queue = each.trigger.option("eventQueue").lower()
        if not queue or each.trigger.type.lower() != "blobtrigger":
            continue
        if queue in found:
            raise InvalidDeployment(
                f"The functions {found[queue].function!r} and {each.name!r} read their events from the same queue "
                f"{queue!r}, where each would take those of the other; give each its own event_queue."
            )
        found[queue] = Told(function=each.name, queue=queue, subject=subject_of(each.trigger.option("path")))
    return tuple(found.values())


def subject_of(path: str) -> str:
    """What the subjects of all events begin with that are about blobs at the path, `container/blob` with placeholders.

    >>> subject_of("input/new/{name}.json")
    '/blobServices/default/containers/input/blobs/new/'
    """
    container, slash, blob = re.split("[{%]", path, maxsplit=1)[0].partition("/")
    return f"{_CONTAINERS}{container}" + (f"/blobs/{blob}" if blob else slash)


def deliveries(
    spec: DeploymentSpec, options: AzureOptions, wanted: Sequence[Told], *, account: ResourceId, made: bool, group: str
) -> list[Manifest]:
    """The topic of the account, its role, and a subscription for each function; nothing where nobody is to be told.

    An account that was there may have a topic already, and can have one only, so that the options have to name it.
    """
    if not wanted or not (made or options.event_topic):
        return []
    account_name = name_of(account.address)
    topic = event_grid.topic(
        _topic_name(options.event_topic or f"{account_name}-events"),
        account,
        region(options),
        keys=options.keys,
        deployment=spec.name,
        tags=spec.tags,
    )
    role = identity.role_assignment(identity.QUEUE_SENDER, to=topic, scope=account, group=group, made=made)
    roles = [] if options.keys else [role]
    subscriptions = [
        event_grid.new_blobs(
            topic,
            _name(spec.name, each.function),
            account=account,
            queue=storage.queue(account_name, each.queue, made=made),
            subject=each.subject,
            deployment=spec.name,
        )
        for each in wanted
    ]
    first = [each.address for each in roles]
    return [topic, *roles, *(replace(each, after=(*each.after, *first)) for each in subscriptions)]


def _topic_name(name: str) -> str:
    if "/" in name:
        raise InvalidDeployment(
            f"event_topic={name!r} would be a topic in another group, and a deployment subscribes to one in its own "
            "only. Leave event_topic out for an account that is trigger_storage, and subscribe the queue to that topic "
            "yourself."
        )
    return check_name("topic of Event Grid", name)


def _name(deployment: str, function: str) -> str:
    """Of this deployment alone. Names of functions may be shorter and longer, and have underscores."""
    plain = re.sub("[^A-Za-z0-9-]", "-", function)[:_LONGEST]
    return f"{plain}-{hashlib.sha256(f'{deployment}/{function}'.encode()).hexdigest()[:6]}"
