"""From what arrives to run()'s argument, and from its answer to text."""

import inspect
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from function_host.scoring.errors import UndecodableInput


def text(body: bytes) -> str:
    """The body as run() gets it; raises UndecodableInput."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UndecodableInput(f"Input cannot be decoded as UTF-8: {error}") from error


def query_values(query: str) -> dict[str, object]:
    """A GET request's query: values are read as JSON where they are JSON; repeated names make lists."""
    values: dict[str, list[object]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(_json_or_text(value))
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def json_text(result: object) -> str:
    """run()'s answer as JSON, ASCII only; None is an empty object. Raises TypeError or ValueError."""
    if inspect.iscoroutine(result):
        # Else Python warns that nobody awaited it, on top of the answer that says so.
        result.close()
    return json.dumps({} if result is None else result)


def header_dict(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names as scripts know them: `Content-Type`, not `content-type`."""
    return {name.title(): value for name, value in headers.items()}


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
