"""The admin API: what the host is doing, its functions, and running one of them by hand."""

import importlib.metadata
import json
import logging
import platform
from collections.abc import Awaitable, Callable

from function_host.functions import Function
from function_host.http.requests import OwnAnswer, OwnRequest, own_route
from function_host.http.routing import RouteTable
from function_host.status import HostStatus
from triggers.errors import TriggerError

Invoke = Callable[[Function, str], Awaitable[None]]
"""Run a function in the background for an input given as text; raises TriggerError for what is no such input."""

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_ADMIN, _ANYBODY = "admin", "anonymous"


class AdminApi:
    """Answers below /admin; every route but ping and warm-up asks for the master key."""

    def __init__(
        self,
        status: HostStatus,
        *,
        prefix: str,
        invoke: Invoke,
        warm_up: Callable[[], Awaitable[None]],
        sample: Callable[[], str | None],
    ) -> None:
        """`sample` gives an input that the app's functions can be tried with, if one is known."""
        self._status = status
        self._prefix = prefix
        self._invoke = invoke
        self._warm_up = warm_up
        self._sample = sample

    def mount(self, table: RouteTable) -> None:
        """Add the routes; they are found before any function's."""
        routes = (
            ("admin/host/ping", ("GET", "POST"), _ANYBODY, self._ping),
            ("admin/warmup", ("GET", "POST"), _ANYBODY, self._warm),
            ("admin/host/status", ("GET",), _ADMIN, self._host_status),
            ("admin/host/synctriggers", ("POST",), _ADMIN, self._sync_triggers),
            ("admin/host/log", ("POST",), _ADMIN, self._write_log),
            ("admin/functions", ("GET",), _ADMIN, self._functions),
            ("admin/functions/{name}", ("GET",), _ADMIN, self._function),
            ("admin/functions/{name}", ("POST",), _ADMIN, self._run),
            ("admin/functions/{name}/status", ("GET",), _ADMIN, self._function_status),
        )
        for template, methods, level, handler in routes:
            table.add(template, own_route(handler), methods=methods, auth_level=level, function="")

    async def _ping(self, _: OwnRequest) -> OwnAnswer:
        return OwnAnswer(headers={"cache-control": "no-store"})

    async def _warm(self, _: OwnRequest) -> OwnAnswer:
        await self._warm_up()
        return OwnAnswer()

    async def _host_status(self, _: OwnRequest) -> OwnAnswer:
        version = importlib.metadata.version("functions-packager")
        document: dict[str, object] = {
            "id": self._status.host_id,
            "state": self._status.state,
            "version": version,
            "versionDetails": f"{version} on Python {platform.python_version()}",
            "processUptime": int(self._status.uptime * 1000),
        }
        if self._status.errors:
            document["errors"] = list(self._status.errors)
        return OwnAnswer(document=document)

    async def _sync_triggers(self, _: OwnRequest) -> OwnAnswer:
        return OwnAnswer(document={"status": "success"})

    async def _write_log(self, request: OwnRequest) -> OwnAnswer:
        try:
            entries = json.loads(request.body)
        except ValueError:
            entries = None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            message = 'The body must be a JSON list such as [{"level": "Information", "message": "text"}].'
            return OwnAnswer(status=400, document={"message": message})
        for entry in entries:
            level = _LEVELS.get(str(entry.get("level", "")).lower(), logging.INFO)
            logger = f"Function.{entry['functionName']}" if entry.get("functionName") else entry.get("source") or "Host"
            logging.getLogger(str(logger)).log(level, "%s", entry.get("message", ""))
        return OwnAnswer()

    async def _functions(self, request: OwnRequest) -> OwnAnswer:
        return OwnAnswer(document=[self._described(function, request) for function in self._status.functions])

    async def _function(self, request: OwnRequest) -> OwnAnswer:
        function = self._status.find(request.parameters["name"])
        return OwnAnswer(status=404) if function is None else OwnAnswer(document=self._described(function, request))

    async def _function_status(self, request: OwnRequest) -> OwnAnswer:
        name = request.parameters["name"].lower()
        errors = [error for function, error in self._status.failures.items() if function.lower() == name]
        if errors:
            return OwnAnswer(document={"errors": errors})
        return OwnAnswer(status=404) if self._status.find(name) is None else OwnAnswer(document={})

    async def _run(self, request: OwnRequest) -> OwnAnswer:
        function = self._status.find(request.parameters["name"])
        if function is None:
            return OwnAnswer(status=404)
        document = request.json_object()
        if document is None:
            return OwnAnswer(status=400, document={"message": 'The body must be JSON of the form {"input": "text"}.'})
        if function.name in self._status.failures:
            return OwnAnswer(status=404, document={"message": self._status.failures[function.name]})
        given = document.get("input")
        try:
            await self._invoke(
                function, given if isinstance(given, str) else "" if given is None else json.dumps(given)
            )
        except TriggerError as error:
            return OwnAnswer(status=400, document={"message": str(error)})
        return OwnAnswer(status=202)

    def _described(self, function: Function, request: OwnRequest) -> dict[str, object]:
        href = f"{request.base_url}/admin/functions/{function.name}"
        route = function.trigger.options.get("route")
        path = "/".join(part for part in (self._prefix, str(route or function.name).strip("/")) if part)
        is_http = function.trigger.type.lower() == "httptrigger"
        bindings = [
            {"type": b.type, "direction": b.direction.lower(), "name": b.name, **b.options}
            for b in (function.trigger, *function.inputs, *function.outputs)
        ]
        return {
            "name": function.name,
            "script_root_path_href": None,
            "script_href": None,
            "config_href": None,
            "test_data_href": None,
            "href": href,
            "invoke_url_template": f"{request.base_url}/{path}".lower() if is_http else None,
            "language": "python",
            "config": {"name": function.name, "bindings": bindings},
            "files": None,
            "test_data": self._sample(),
            "isDisabled": function.name in self._status.disabled,
            "isDirect": True,
            "isProxy": False,
        }
