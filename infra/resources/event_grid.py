"""Event Grid: the topic of a storage account, and who gets its events in a queue."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.resources.expressions import DEPLOYMENT_TAG, ResourceId
from infra.resources.kinds import EVENT_SUBSCRIPTION, EVENT_TOPIC, resource

_STORAGE = "Microsoft.Storage.StorageAccounts"
_CREATED = "Microsoft.Storage.BlobCreated"


def topic(
    name: str, account: ResourceId, region: str, *, keys: bool, deployment: str, tags: Mapping[str, str]
) -> Manifest:
    """The one topic that an account can have, in its region; without `keys` it is somebody, who can be given a role."""
    content: dict[str, Any] = {"location": region, "tags": dict(tags)}
    if not keys:
        content["identity"] = {"type": "SystemAssigned"}
    content["properties"] = {"source": account, "topicType": _STORAGE}
    return resource(EVENT_TOPIC, name, content, after=(account.address,), deployment=deployment)


def new_blobs(
    of: Manifest, name: str, *, account: ResourceId, queue: Manifest, subject: str, deployment: str
) -> Manifest:
    """Events of new blobs whose subject begins so go to a queue of the account, by the identity of the topic `of`.

    It has no tags, as parts of a topic have none; its label says whose it is.
    """
    destination = {
        "endpointType": "StorageQueue",
        "properties": {"resourceId": account, "queueName": queue.name.rpartition("/")[2]},
    }
    by_identity = {"identity": {"type": "SystemAssigned"}, "destination": destination}
    delivery = {"deliveryWithResourceIdentity": by_identity} if "identity" in of.body else {"destination": destination}
    content = {
        "properties": {
            **delivery,
            "filter": {"subjectBeginsWith": subject, "includedEventTypes": [_CREATED]},
            "eventDeliverySchema": "EventGridSchema",
            "labels": [f"{DEPLOYMENT_TAG}={deployment}"],
        }
    }
    return resource(EVENT_SUBSCRIPTION, f"{of.name}/{name}", content, after=(of.address, queue.address))
