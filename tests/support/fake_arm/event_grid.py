"""Event Grid's topics of storage accounts: one for each account, and deliveries that could be made."""

from typing import Any, Protocol

from tests.support.fake_arm.roles import ROLES
from tests.support.fake_arm.store import Place, Resource
from tests.support.fake_arm.views import principal
from tests.support.fake_arm.wire import Refusal

_TOPICS = "Microsoft.EventGrid/systemTopics"
_SENDERS = ("Storage Queue Data Message Sender", "Storage Queue Data Contributor")


class _Arm(Protocol):
    store: Any


def check(arm: _Arm, place: Place, body: dict[str, Any]) -> None:
    """Raises Refusal: InvalidRequest, ResourceNotFound."""
    kind = place.kind.lower()
    if kind == _TOPICS.lower():
        _check_topic(arm, place, body)
    elif kind == f"{_TOPICS}/eventSubscriptions".lower():
        _check_delivery(arm, place, body["properties"])


def _check_topic(arm: _Arm, place: Place, body: dict[str, Any]) -> None:
    source = str(body["properties"]["source"])
    account = arm.store.at(source)
    if account.body["location"] != body["location"]:
        raise Refusal(400, "InvalidRequest", f"A topic has the location of its source, {account.body['location']}.")
    for each in arm.store.of_kind(_TOPICS):
        same = str(each.body["properties"]["source"]).lower() == source.lower()
        if each.path.lower() == place.path.lower() and not same:
            raise Refusal(400, "InvalidRequest", "System topic source cannot be modified.")
        if same and each.path.lower() != place.path.lower():
            message = f"There is an existing tracked system topic for the given source {source}."
            raise Refusal(400, "InvalidRequest", f"{message} Only one system topic is allowed per source.")


def _check_delivery(arm: _Arm, place: Place, said: dict[str, Any]) -> None:
    topic = arm.store.at(place.path.rpartition("/eventSubscriptions/")[0])
    by_identity = said.get("deliveryWithResourceIdentity")
    destination = (by_identity or said)["destination"]
    where = destination["properties"]
    account = arm.store.at(where["resourceId"])
    arm.store.at(f"{account.path}/queueServices/default/queues/{where['queueName']}")
    if by_identity is None and account.body["properties"].get("allowSharedKeyAccess") is False:
        raise Refusal(400, "InvalidRequest", f"The account {account.name} takes no keys; deliver by identity.")
    if by_identity is not None and not _may_send(arm, topic, account):
        raise Refusal(400, "InvalidRequest", f"The identity of {topic.name} is not authorized at {account.name}.")


def _may_send(arm: _Arm, topic: Resource, account: Resource) -> bool:
    given = arm.store.of_kind("Microsoft.Authorization/roleAssignments", account.path)
    wanted = {ROLES[each] for each in _SENDERS}
    return "identity" in topic.body and any(
        each.body["properties"]["principalId"] == principal(topic)
        and each.body["properties"]["roleDefinitionId"].rpartition("/")[2] in wanted
        for each in given
    )
