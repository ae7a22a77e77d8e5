"""From what arrives to run()'s argument, and from its answer to text."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl


class UndecodableInput(Exception):
    """The body is not UTF-8 text; the message says where."""


def text(body: bytes) -> str:
    """The body as run() gets it; raises UndecodableInput."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UndecodableInput(f"Input cannot be decoded as UTF-8: {error}") from error


def query_text(query: str) -> str:
    """A GET request's query as JSON text: values are read as JSON where they are JSON; repeated names make lists."""
    values: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        read = _json_or_text(value)
        if name not in values:
            values[name] = read
        else:
            known = values[name]
            values[name] = [*known, read] if isinstance(known, list) else [known, read]
    return json.dumps(values)


def json_text(result: object) -> str:
    """run()'s answer as JSON, ASCII only; None is an empty object. Raises TypeError or ValueError."""
    return json.dumps({} if result is None else result)


def header_dict(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names as scripts know them: `Content-Type`, not `content-type`."""
    return {name.title(): value for name, value in headers.items()}


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
