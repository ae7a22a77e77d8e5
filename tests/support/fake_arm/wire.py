"""A request to the fake as it arrives, and what is answered."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    """Without the query, in the case that the client wrote."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: Any = None
    """Read as JSON where it is JSON, else bytes."""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int = 200
    body: Any = None
    """A JSON value; text and bytes are sent as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Azure's error answer, raised wherever it is noticed."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer(status=status, body={"error": {"code": code, "message": message}}, headers=headers or {})


def guid(*parts: str) -> str:
    """The same for the same parts, so that two runs can be compared."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts).lower()))


def without_nulls(value: Any) -> Any:
    """Azure does not give back what was null: clients of Container Apps stumble over it."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value
