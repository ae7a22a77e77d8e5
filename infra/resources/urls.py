"""Where a deployed app answers, in the words of the resource that it is."""

from collections.abc import Sequence

from infra.contract import Manifest
from infra.resources.expressions import Concat, Property
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, SITE, id_of

_APPS = frozenset({SITE, CONTAINER_APP, CONTAINER_GROUP})


def url_in(manifests: Sequence[Manifest]) -> Concat | None:
    """Where the app among them answers, as url_of tells it."""
    return next((url_of(each) for each in manifests if each.kind in _APPS), None)


def url_of(app: Manifest) -> Concat | None:
    """The app's address, known when it is applied; None for one that is not reached from outside."""
    if app.kind == SITE:
        return Concat(parts=("https://", Property(of=id_of(app), path="properties.defaultHostName")))
    if app.kind == CONTAINER_APP and app.body["properties"]["configuration"].get("ingress"):
        return Concat(parts=("https://", Property(of=id_of(app), path="properties.configuration.ingress.fqdn")))
    address = app.body["properties"].get("ipAddress") if app.kind == CONTAINER_GROUP else None
    if not address:
        return None
    host = Property(of=id_of(app), path="properties.ipAddress.fqdn")
    return Concat(parts=("http://", host, f":{address['ports'][0]['port']}"))
