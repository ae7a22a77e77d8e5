"""One door to Azure Resource Manager: asks, tries again, waits for what takes long, and says what was refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from infra.contract import Log
from infra.errors import PlatformUnavailable
from infra.platforms.arm_errors import Refused, refused

PUBLIC = "https://management.azure.com"
_AGENT = "packager-deploy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long is waited, all in seconds."""

    poll: float = 5.0
    """Between two looks at an operation, unless Azure says how long."""
    backoff: float = 0.8
    """Before the first repetition of a request; it doubles, and Azure's `Retry-After` comes first."""
    operation: float = 1800.0
    """For one operation."""
    directory: float = 180.0
    """Until a new identity is known everywhere."""


class ArmClient:
    """Used inside `with`; raises Refused, and PlatformUnavailable where nobody answers or knows the caller.

    No body and no header is logged, and nothing that is raised has an answer of Azure attached: they may hold keys.
    """

    def __init__(self, endpoint: str, credential: Any, *, log: Log, pace: Pace) -> None:
        """`credential` is a TokenCredential as azure-identity has them."""
        from azure.core import PipelineClient
        from azure.core.pipeline import policies
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMAutoResourceProviderRegistrationPolicy, ARMChallengeAuthenticationPolicy

        self.credential = credential
        self._pace = pace
        self._endpoint = endpoint.rstrip("/")
        agent = policies.UserAgentPolicy(base_user_agent=_AGENT)
        retry = policies.RetryPolicy(retry_total=6, retry_backoff_factor=pace.backoff, retry_backoff_max=60)
        self._arm: Any = ARMPipelineClient(
            self._endpoint,
            policies=[
                policies.RequestIdPolicy(),
                agent,
                ARMAutoResourceProviderRegistrationPolicy(),
                retry,
                _waits(log),
                ARMChallengeAuthenticationPolicy(credential, f"{self._endpoint}/.default"),
            ],
        )
        self._open: Any = PipelineClient(self._endpoint, policies=[agent])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._arm.close()
        self._open.close()

    def get(self, path: str, version: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """None for what is not there."""
        try:
            return _document(self._send("GET", path, version, query=query).http_response)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def list(self, path: str, version: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """All pages; nothing where there is no such collection."""
        page = self.get(path, version, query)
        while page is not None:
            yield from page.get("value", [])
            following = page.get("nextLink")
            page = _document(self._send("GET", following, "").http_response) if following else None

    def put(self, path: str, version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns when it is done, however long it takes."""
        return self._wait(self._send("PUT", path, version, body=body))

    def post(self, path: str, version: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _document(self._send("POST", path, version, body=body).http_response)

    def patch(self, path: str, version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns when it is done."""
        return self._wait(self._send("PATCH", path, version, body=body))

    def delete(self, path: str, version: str) -> bool:
        """Returns when it is gone; False when it was not there."""
        try:
            first = self._send("DELETE", path, version)
            self._wait(first)
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return bool(first.http_response.status_code != 204)

    def text(self, url: str) -> str:
        """What is at an address of Azure's that takes ARM's tokens."""
        return str(self._send("GET", url, "").http_response.text())

    def lines(self, url: str, token: str = "") -> Iterator[str]:
        """A stream that ends when its sender or its reader ends it; with `token` in place of ARM's."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = self._open if token else self._arm
        response = self._run(client, self._request("GET", url, "", headers=headers), stream=True).http_response
        if response.status_code >= 400:
            response.read()
            raise refused(response.status_code, _document(response), response.text())
        rest = b""
        for piece in response.iter_bytes():
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
        if rest:
            yield rest.decode(errors="replace")

    def answer_of(self, url: str) -> int | None:
        """The status with which an address answers anybody; None when it does not."""
        try:
            request = self._request("GET", url, "")
            response = self._run(self._open, request, connection_timeout=10, read_timeout=30).http_response
        except PlatformUnavailable:
            return None
        return int(response.status_code)

    def _request(
        self, method: str, path: str, version: str, *, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        from azure.core.rest import HttpRequest

        url = path if "://" in path else f"{self._endpoint}{path}"
        params = {"api-version": version} if version else {}
        return HttpRequest(method, url, params=params, headers=dict(headers or {}), json=body)

    def _send(
        self, method: str, path: str, version: str, *, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        from urllib.parse import urlencode

        where = f"{path}?{urlencode(query)}" if query else path
        answer = self._run(self._arm, self._request(method, where, version, body=body))
        response = answer.http_response
        if response.status_code >= 400:
            raise refused(response.status_code, _document(response), response.text())
        return answer

    def _run(self, client: Any, request: Any, **options: Any) -> Any:
        from azure.core.exceptions import AzureError

        try:
            return client.send_request(request, _return_pipeline_response=True, **options)
        except AzureError as cause:
            raise PlatformUnavailable(_unavailable(self._endpoint, request.url, cause)) from cause

    def _wait(self, first: Any) -> dict[str, Any]:
        from azure.core.exceptions import AzureError, HttpResponseError
        from azure.core.polling import LROPoller
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        polling: Any = ARMPolling(timeout=self._pace.poll)
        refusal = None
        try:
            poller: Any = LROPoller(self._arm, first, lambda last: _document(last.http_response), polling)
            poller.wait(self._pace.operation)
            if not poller.done():
                raise Refused(504, "StillRunning", f"It is not done after {self._pace.operation:.0f} s.")
            return poller.result() or {}
        except HttpResponseError as cause:
            refusal = _ended_badly(cause)
        except AzureError as cause:
            raise PlatformUnavailable(_unavailable(self._endpoint, self._endpoint, cause)) from cause
        # Raised outside of `except`, so that it does not bring along an answer with what was sent.
        raise refusal


def _ended_badly(cause: Any) -> Refused:
    response = cause.response
    if response is None:
        return Refused(500, "Unknown", str(cause))
    document = _document(response)
    if "error" in document:
        return refused(response.status_code, document, "")
    properties = document.get("properties") or {}
    state = document.get("status") or properties.get("provisioningState") or "an error"
    return Refused(response.status_code, str(state), f"The operation ended with {state}.")


def _document(response: Any) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {"value": found}


def _unavailable(endpoint: str, url: str, cause: Exception) -> str:
    from azure.core.exceptions import ClientAuthenticationError

    host = url.partition("://")[2].partition("/")[0]
    if isinstance(cause, ClientAuthenticationError):
        return (
            f"Azure ({endpoint}) does not know you: {_first_line(cause)} Sign in with `az login`, or set "
            "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."
        )
    return f"{host} cannot be reached: {_first_line(cause)}"


def _first_line(cause: Exception) -> str:
    return str(cause).strip().partition("\n")[0]


def _waits(log: Log) -> Any:
    """Says that Azure asks for patience: a Retry-After may be minutes long."""
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    class Waits(SansIOHTTPPolicy[Any, Any]):
        def on_response(self, request: Any, response: Any) -> None:
            answer = response.http_response
            after = answer.headers.get("Retry-After")
            if answer.status_code == 429:
                log(f"Azure asks to wait{f' {after} s' if after else ''}: too many requests.")

    return Waits()
