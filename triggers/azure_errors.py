"""Turn the errors of Azure's storage SDKs, and refusals that came without one, into ours."""

import contextlib
from collections.abc import Iterator

from azure.core.exceptions import AzureError, HttpResponseError

from triggers.errors import BlobRefused, SourceUnavailable

# Answers that tell of the account, its container or the load on it; any other 4xx tells of the one blob.
_OF_THE_ACCOUNT = {401, 403, 404, 408, 429}
_CODES_OF_THE_ACCOUNT = ("Account", "Container")


@contextlib.contextmanager
def translated(doing: str, *, one_blob: bool = False) -> Iterator[None]:
    """Turn the SDK's errors into SourceUnavailable; those that are answers must be caught inside.

    With `one_blob`, a refusal that other blobs need not meet is BlobRefused.
    """
    try:
        yield
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or error.reason
        word = str(getattr(code, "value", code))
        raise refusal(doing, error.status_code or 0, word, one_blob=one_blob) from error
    except (AzureError, OSError) as error:
        raise unreachable(doing, str(error)) from error


def refusal(doing: str, status: int, code: str, *, one_blob: bool = False) -> BlobRefused | SourceUnavailable:
    """What to raise for an answer that says no; `one_blob` as in `translated`."""
    kind = BlobRefused if one_blob and _is_of_the_blob(status, code) else SourceUnavailable
    return kind(f"The storage account refused to {doing}: {status} {code}.")


def unreachable(doing: str, problem: str) -> SourceUnavailable:
    """What to raise when there is no answer."""
    return SourceUnavailable(f"The storage account cannot be reached to {doing}: {problem}.")


def _is_of_the_blob(status: int, code: str) -> bool:
    return 400 <= status < 500 and status not in _OF_THE_ACCOUNT and not code.startswith(_CODES_OF_THE_ACCOUNT)
