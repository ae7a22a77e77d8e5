"""The lines of an app in Azure: each kind of app keeps them somewhere else."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.errors import ApplyFailed, PlatformUnavailable
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_errors import Refused
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, SITE, api_version

_MOST_OF_A_STREAM = 300
STARTED = re.compile(r"initialized successfully|is ready to serve|Site started", re.IGNORECASE)
"""How App Service says that a container answers."""


def app_lines(arm: ArmClient, app: Mapping[str, Any], *, follow: bool, lines: int) -> Iterator[str]:
    """The newest `lines` of an app that ARM showed, then with `follow` what comes; raises ApplyFailed."""
    try:
        yield from _READERS[app["type"].lower()](arm, app, follow=follow, lines=lines)
    except Refused as refusal:
        raise ApplyFailed(f"Azure does not give the log of {app['name']}: {refusal.code}: {refusal.said}") from refusal


def platform_lines(arm: ArmClient, site: Mapping[str, Any]) -> list[str] | None:
    """What App Service itself says of a site's containers; None where it is not told."""
    try:
        return _newest(arm, _kudu(site), of_the_app=False).splitlines()
    except (Refused, PlatformUnavailable):
        return None


def _site(arm: ArmClient, app: Mapping[str, Any], *, follow: bool, lines: int) -> Iterator[str]:
    kudu = _kudu(app)
    yield from _newest(arm, kudu, of_the_app=True).splitlines()[-lines:]
    if follow:
        yield from arm.lines(f"{kudu}/api/logstream")


def _group(arm: ArmClient, app: Mapping[str, Any], *, follow: bool, lines: int) -> Iterator[str]:
    name = app["properties"]["containers"][0]["name"]
    path, version = f"{app['id']}/containers/{name}/logs", api_version(CONTAINER_GROUP)
    found = arm.get(path, version, {"tail": str(lines)}) or {}
    yield from str(found.get("content") or "").splitlines()[-lines:]
    if follow:
        yield f"Container instances have no stream: `az container attach --ids {app['id']}` follows them."


def _container_app(arm: ArmClient, app: Mapping[str, Any], *, follow: bool, lines: int) -> Iterator[str]:
    version, properties = api_version(CONTAINER_APP), app["properties"]
    revision = f"{app['id']}/revisions/{properties['latestRevisionName']}"
    replica = next(arm.list(f"{revision}/replicas", version), None)
    if replica is None:
        yield "No replica runs now: Container Apps keep the log of those that ended in Log Analytics only."
        return
    token = arm.post(f"{app['id']}/getAuthToken", version)["properties"]["token"]
    base = properties["eventStreamEndpoint"].partition("/subscriptions/")[0]
    container = replica["properties"]["containers"][0]["name"]
    where = f"{base}{revision}/replicas/{replica['name']}/containers/{container}/logstream"
    wanted = f"follow={str(follow).lower()}&output=text&tailLines={min(lines, _MOST_OF_A_STREAM)}"
    yield from arm.lines(f"{where}?{wanted}", token)


def _kudu(site: Mapping[str, Any]) -> str:
    hosts = site["properties"].get("hostNameSslStates") or []
    name = next((each["name"] for each in hosts if each.get("hostType") == "Repository"), "")
    if not name:
        raise Refused(404, "NoLogs", f"The site {site['name']} has no address for its logs yet.")
    return f"https://{name}"


def _newest(arm: ArmClient, kudu: str, *, of_the_app: bool) -> str:
    """The app's own output is in `*_default_docker.log`, what the platform does in `*_docker.log`."""
    files = (arm.get(f"{kudu}/api/logs/docker", "") or {}).get("value", [])
    fitting = [each for each in files if ("default_docker" in each["path"]) == of_the_app]
    newest = max(fitting, key=lambda each: str(each["lastUpdated"]), default=None)
    return arm.text(newest["href"]) if newest else ""


_READERS = {SITE.lower(): _site, CONTAINER_GROUP.lower(): _group, CONTAINER_APP.lower(): _container_app}
