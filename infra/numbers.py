"""Read the numbers that a running host tells at /metrics."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping

from infra.errors import InvalidRunRequest, InvocationFailed, NotRunning, RunTimedOut

_PATH = "/metrics"
_PREFIX = "functions_"
_LEFT_OUT = ("_bucket", "_created")
# A running app is reached directly: a proxy of the environment does not know this machine's loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Numbers = Mapping[str, Mapping[str, float]]
"""Function -> name, as `pending_events` -> number; what is the whole host's is under an empty name."""


def read_numbers(url: str, *, timeout: float = 10.0) -> Numbers:
    """The numbers of the host at that base URL.

    Raises InvalidRunRequest, NotRunning, InvocationFailed and RunTimedOut after `timeout` seconds.
    """
    if not url.startswith(("http://", "https://")):
        raise InvalidRunRequest(f"{url!r} is no HTTP address; it should look like http://127.0.0.1:8080.")
    address = f"{url.rstrip('/')}{_PATH}"
    try:
        with _OPENER.open(address, timeout=timeout) as response:
            return numbers_of(response.read().decode())
    except urllib.error.HTTPError as cause:
        with cause:
            raise InvocationFailed(
                f"{address} answered with status {cause.code}: this is no functions host, or its "
                "FUNCTIONS_METRICS_ENABLED is false."
            ) from cause
    except http.client.InvalidURL as cause:
        raise InvalidRunRequest(f"{url!r} is no HTTP address: {cause}.") from cause
    except TimeoutError as cause:
        raise RunTimedOut(f"{address} did not answer within {timeout:g} seconds.") from cause
    except urllib.error.URLError as cause:
        raise NotRunning(f"Nothing answers at {address} ({cause.reason}); does the app run?") from cause
    except (ConnectionError, http.client.HTTPException) as cause:
        raise NotRunning(f"{address} broke off before it had answered: {cause}") from cause


def numbers_of(text: str) -> Numbers:
    """What stands in the answer, by function; raises InvocationFailed for what is not in Prometheus' form."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, dict[str, float]] = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.startswith(_PREFIX) and not sample.name.endswith(_LEFT_OUT):
                    function = found.setdefault(sample.labels.get("function", ""), {})
                    function[sample.name.removeprefix(_PREFIX)] = sample.value
    except (ValueError, IndexError) as cause:
        raise InvocationFailed(f"What came from {_PATH} is not in Prometheus' form: {text[:200]!r}.") from cause
    return found
