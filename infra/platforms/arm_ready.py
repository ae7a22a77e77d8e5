"""Wait until the app that was just applied answers, and put the earlier one back where it never does."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.contract import Log
from infra.errors import ApplyFailed
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_logs import STARTED, app_lines, platform_lines
from infra.platforms.arm_status import STARTING_TAG, is_reachable, url_of
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, SITE, api_version

Probe = Callable[[str], int | None]
"""The status with which a URL answers, or None."""
_GIVEN_UP = re.compile(
    r"failing site start|didn't respond to HTTP pings|did not respond to HTTP pings|pull failed|ImagePullFailure"
    r"|has exited|Site startup probe failed",
    re.IGNORECASE,
)
_LINES = 20
UNVERIFIED = (
    "not verified: App Service does not show its log, and the container that ran before answers at the same address; "
    "see `packager deploy logs`, or the log stream in the portal"
)
_NO_LOG = "unknown"
DELETED = "it was deleted meanwhile"


class Watch:
    """One look at an app before it is changed, and as many as it takes afterwards."""

    def __init__(self, arm: ArmClient, path: str, *, probe: Probe, log: Log) -> None:
        self._arm = arm
        self._path = path
        self._probe = probe
        self._log = log
        self._before: list[str] | None = []
        self._waits_for_start = False
        self.is_unverified = False
        """Did an app answer of which nobody can say whether it is the new one?"""

    def before(self, app: Mapping[str, Any] | None) -> None:
        """App Service lets the old container answer until the new one does, so only its log tells them apart."""
        if app is not None and app["type"].lower() == SITE.lower():
            self._before = platform_lines(self._arm, app)

    @property
    def mark(self) -> dict[str, str]:
        """The tag by which a later apply finds the end of the log as it is before the change."""
        if self._before is None:
            return {STARTING_TAG: _NO_LOG}
        return {STARTING_TAG: _digest(self._before[-1]) if self._before else "none"}

    def expect_start(self, mark: str = "") -> None:
        """A new container has to say that it started, after before(), or after the line that `mark` stands for."""
        self._waits_for_start = True
        if mark == _NO_LOG:
            self._before = None
        elif mark and self._before is not None:
            known = [index for index, line in enumerate(self._before) if _digest(line) == mark]
            self._before = self._before[: known[-1] + 1] if known else []

    def wait(self, path: str, *, limit: float, pause: float) -> str:
        """Empty when it answers; why not, when it was given up or `limit` seconds are over."""
        deadline = time.monotonic() + limit
        self._log(f"Waiting for {self._path.rpartition('/')[2]} to answer, {limit:.0f} s at most.")
        while True:
            app = self._arm.get(self._path, api_version(self._kind))
            if app is None:
                return DELETED
            state = self._look(app, path)
            if state is not None:
                return state
            if time.monotonic() >= deadline:
                if self.is_unverified and self._answers(url_of(app), path) == "":
                    return ""
                if self._waits_for_start:
                    return f"App Service did not say within {limit:.0f} s that a new container started"
                return f"it did not answer within {limit:.0f} s"
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))

    def last_lines(self) -> str:
        """What the app said last; empty where its log cannot be had."""
        app = self._arm.get(self._path, api_version(self._kind))
        try:
            return "\n".join(app_lines(self._arm, app, follow=False, lines=_LINES)) if app else ""
        except ApplyFailed as cause:
            return str(cause)

    @property
    def _kind(self) -> str:
        return self._path.rpartition("/providers/")[2]

    def _look(self, app: Mapping[str, Any], path: str) -> str | None:
        """Empty for ready, words for given up, None for not yet."""
        kind, properties = app["type"].lower(), app["properties"]
        if kind == CONTAINER_APP.lower() and properties.get("latestRevisionName") != properties.get(
            "latestReadyRevisionName"
        ):
            return None
        state = (properties.get("instanceView") or {}).get("state")
        if kind == CONTAINER_GROUP.lower() and state != "Running":
            return "its containers ended" if state == "Failed" else None
        if kind == SITE.lower() and self._waits_for_start:
            lines = None if self._before is None else platform_lines(self._arm, app)
            self.is_unverified = lines is None
            # Until the image is pulled there is no new line, and the container before it answers.
            fresh = [line for line in lines or () if line not in (self._before or ())]
            if any(_GIVEN_UP.search(line) for line in fresh):
                return "App Service gave its container up"
            # A log that was there comes back: the site of the logs may start anew with the app.
            if self._before is not None and not any(STARTED.search(line) for line in fresh):
                return None
        return self._answers(url_of(app), path) if is_reachable(app) else ""

    def _answers(self, url: str, path: str) -> str | None:
        status = self._probe(f"{url}{path}")
        return "" if status is not None and status < 500 else None


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def health_path(body: Mapping[str, Any]) -> str:
    """Where the app of this body says how it is; `/` when it says nothing."""
    properties = body["properties"]
    site = properties.get("siteConfig") or {}
    if site.get("healthCheckPath"):
        return str(site["healthCheckPath"])
    containers = properties.get("containers") or (properties.get("template") or {}).get("containers") or [{}]
    first = containers[0].get("properties") or containers[0]
    probes = [first.get("readinessProbe"), *(first.get("probes") or []), first.get("livenessProbe")]
    paths = [(each.get("httpGet") or {}).get("path") for each in probes if each]
    return next((str(each) for each in paths if each), "/")
