"""How the processes of a deployment are called, and how the front is told that its folder's state has changed."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.errors import PlatformUnavailable

FRONT = "infra.platforms.local_front"
"""The module that a front runs."""
EMULATORS = "infra.platforms.local_emulators"
TOKEN = "X-Front-Token"  # noqa: S105 - a header's name


def reload(front: Mapping[str, Any], *, patience: float) -> int:
    """Returns when the container before has no requests any more; how many it still had after `patience` seconds.

    `front` is what the front announced. Raises PlatformUnavailable.
    """
    if not front:
        raise PlatformUnavailable("The front does not run any more; deploy again, and it is started.")
    connection = http.client.HTTPConnection(urlsplit(front["control"]).netloc, timeout=patience)
    try:
        connection.request("POST", "/reload", headers={TOKEN: front["token"]})
        answer = connection.getresponse()
        document = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise PlatformUnavailable(
            f"The front at {front['control']} does not answer ({error}); deploy again."
        ) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise PlatformUnavailable(f"The front at {front['control']} refuses: {document['message']}")
    return int(document["left"])
