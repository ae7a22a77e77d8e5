"""Storage accounts with their containers and queues."""

from collections.abc import Mapping

from infra.contract import Manifest
from infra.resources.kinds import CONTAINER, QUEUE, STORAGE, resource

COPIES = ("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS")
"""SKUs of general accounts: how many copies there are of everything, and how far away from each other."""


def account(name: str, region: str, *, sku: str, keys: bool, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """A general account that nobody reads without a login; without `keys` its keys open nothing."""
    content = {
        "location": region,
        "kind": "StorageV2",
        "sku": {"name": sku},
        "tags": dict(tags),
        "properties": {
            "supportsHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_2",
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": keys,
        },
    }
    return resource(STORAGE, name, content, deployment=deployment)


def container(account_name: str, name: str, *, made: bool) -> Manifest:
    """A blob container that nobody reads without a login; `made` says whether a manifest makes its account."""
    return resource(
        CONTAINER,
        f"{account_name}/default/{name}",
        {"properties": {"publicAccess": "None"}},
        after=(f"{STORAGE}/{account_name}",) if made else (),
    )


def queue(account_name: str, name: str, *, made: bool) -> Manifest:
    """A storage queue; `made` says whether a manifest makes its account."""
    after = (f"{STORAGE}/{account_name}",) if made else ()
    return resource(QUEUE, f"{account_name}/default/{name}", {"properties": {}}, after=after)
