"""Turn the errors of Azure's storage SDKs into ours."""

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
        refused = one_blob and _is_of_the_blob(error.status_code or 0, word)
        kind = BlobRefused if refused else SourceUnavailable
        raise kind(f"The storage account refused to {doing}: {error.status_code} {word}.") from error
    except (AzureError, OSError) as error:
        raise SourceUnavailable(f"The storage account cannot be reached to {doing}: {error}.") from error


def _is_of_the_blob(status: int, code: str) -> bool:
    return 400 <= status < 500 and status not in _OF_THE_ACCOUNT and not code.startswith(_CODES_OF_THE_ACCOUNT)
