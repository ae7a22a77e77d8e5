"""Service Bus namespaces with their queues, topics and subscriptions."""

from collections.abc import Mapping

from infra.contract import Manifest
from infra.resources.kinds import BUS_QUEUE, BUS_SUBSCRIPTION, BUS_TOPIC, NAMESPACE, resource


def namespace(name: str, region: str, *, keys: bool, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """A namespace that can have topics; without `keys` it takes logins only."""
    content = {
        "location": region,
        "sku": {"name": "Standard", "tier": "Standard"},
        "tags": dict(tags),
        "properties": {"minimumTlsVersion": "1.2", "disableLocalAuth": not keys},
    }
    return resource(NAMESPACE, name, content, deployment=deployment)


def queue(namespace_name: str, name: str, *, made: bool) -> Manifest:
    """A queue; `made` says whether a manifest makes its namespace."""
    after = (f"{NAMESPACE}/{namespace_name}",) if made else ()
    return resource(BUS_QUEUE, f"{namespace_name}/{name}", {"properties": {}}, after=after)


def topic(namespace_name: str, name: str, *, made: bool) -> Manifest:
    """A topic; `made` says whether a manifest makes its namespace."""
    after = (f"{NAMESPACE}/{namespace_name}",) if made else ()
    return resource(BUS_TOPIC, f"{namespace_name}/{name}", {"properties": {}}, after=after)


def subscription(of: Manifest, name: str) -> Manifest:
    """A subscription of a topic, which gets everything."""
    return resource(BUS_SUBSCRIPTION, f"{of.name}/{name}", {"properties": {}}, after=(of.address,))
