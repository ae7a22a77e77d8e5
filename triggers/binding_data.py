"""What the body of an event adds to the values that binding expressions are filled from."""

import json
from collections.abc import Mapping


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
