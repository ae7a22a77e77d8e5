"""What the body of an event adds to the values that binding expressions are filled from."""

import json
from collections.abc import Mapping
from typing import cast


def json_properties(text: str) -> Mapping[str, object]:
    """The top-level properties of text that is a JSON object, arrays left out; nothing for any other text.

    Names are in lower case, because expressions ignore case; so they never stand in for Azure's own metadata.
    """
    if not text.lstrip().startswith("{"):
        return {}
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return {name.lower(): value for name, value in document.items() if not isinstance(value, list)}


def request_values(metadata: Mapping[str, object], body: object) -> Mapping[str, object]:
    """What expressions may name for a request: its JSON body's properties, its query and route, `Query.x`, `Headers.x`.

    A body that is too large for memory is not looked into.
    """
    query = cast("Mapping[str, object]", metadata["params"])
    route = cast("Mapping[str, object]", metadata["route_params"])
    values = dict(json_properties(body.decode(errors="replace"))) if isinstance(body, bytes) else {}
    values |= {name.lower(): value for name, value in query.items() if name.lower() != "code"}
    values |= {name.lower(): value for name, value in route.items()}
    return {**values, "query": query, "headers": metadata["headers"]}
