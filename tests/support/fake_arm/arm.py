"""The fake itself: from a request to an answer, with a record of both."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fake_arm import actions, identity, lists, writing
from tests.support.fake_arm.fronts import Fronts
from tests.support.fake_arm.store import SUBSCRIPTION, Store, parse
from tests.support.fake_arm.views import shown
from tests.support.fake_arm.wire import Answer, Asked, Refusal

__all__ = ["SUBSCRIPTION", "FakeArm", "Hook"]

Hook = Callable[[Asked], Answer | None]


@dataclass(kw_only=True)
class _Scripted:
    method: str
    part: str
    hook: Hook
    times: int


@dataclass(kw_only=True)
class FakeArm:
    """One subscription and everything in it; safe to ask from many threads."""

    address: str
    certificates: Path
    store: Store = field(default_factory=Store)
    fronts: Fronts = field(default_factory=Fronts)
    asked: list[Asked] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Names that somebody else in the world has."""
    polls: int = 0
    """How often an operation says that it goes on before it says how it ended."""
    operations: dict[str, writing.Operation] = field(default_factory=dict)
    scripted: list[_Scripted] = field(default_factory=list)
    broken: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Part of a path -> code and message with which the work on it ends, once."""
    storage: Callable[[str], dict[str, str]] | None = None
    """Account -> its endpoints; None is what Azure has."""
    account_keys: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def script(self, method: str, part: str, hook: Hook, *, times: int = 1) -> None:
        """Ask `hook` first for requests whose path ends with `part`; its answer counts, None goes on as usual."""
        self.scripted.append(_Scripted(method=method, part=part.lower(), hook=hook, times=times))

    def refuse(self, method: str, part: str, refusal: Refusal, *, times: int = 1) -> None:
        self.script(method, part, lambda _: refusal.answer, times=times)

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            try:
                return identity.answer(asked, self.address) or self._answer(asked)
            except Refusal as refusal:
                return refusal.answer

    @property
    def changes(self) -> list[str]:
        """`METHOD path` of everything that was to change something, without the subscription."""
        done = [each for each in self.asked if each.method in {"PUT", "PATCH", "DELETE"}]
        return [f"{each.method} {each.path.partition(SUBSCRIPTION)[2]}" for each in done]

    def _answer(self, asked: Asked) -> Answer:
        front = self.fronts.answer(asked)
        if front is not None:
            return front
        identity.check(asked)
        self.asked.append(asked)
        if "api-version" not in asked.query:
            raise Refusal(
                400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required."
            )
        return self._told(asked) or self._route(asked)

    def _told(self, asked: Asked) -> Answer | None:
        for each in self.scripted:
            if each.times and each.method == asked.method and asked.path.lower().endswith(each.part):
                each.times -= 1
                return each.hook(asked)
        return None

    def _route(self, asked: Asked) -> Answer:
        if asked.path in self.operations:
            return self.operations[asked.path].answer(self)
        place = parse(asked.path)
        if asked.method == "POST":
            return actions.post(self, place, asked)
        if asked.method in {"PUT", "PATCH", "DELETE"}:
            return writing.write(self, place, asked)
        if place.word or not place.names:
            return lists.get(self, place, asked)
        found = Answer(body=shown(self, place))
        return Answer(status=204) if asked.method == "HEAD" else found
