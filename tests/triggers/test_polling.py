"""triggers.polling"""

import asyncio
import logging
import random
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggers.contract import Event, FunctionResult
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.polling import PollingListener


class MemoryDelivery:
    def __init__(self, number: int, log: list[tuple[str, int]], renew_every: float | None = None) -> None:
        self.number = number
        self.event = Event(id=str(number), data=b"")
        self.renew_every = renew_every
        self.log = log
        self.settling: BaseException | None = None
        self.renewing: BaseException | None = None

    async def renew(self) -> None:
        self.log.append(("renew", self.number))
        if self.renewing is not None:
            raise self.renewing

    async def complete(self) -> None:
        await asyncio.sleep(0)
        self.log.append(("complete", self.number))
        if self.settling is not None:
            raise self.settling

    async def abandon(self, error: BaseException) -> None:
        self.log.append(("abandon", self.number))
        if self.settling is not None:
            raise self.settling


class MemorySource:
    """Hands out what it holds; an exception in the line is raised."""

    def __init__(self, items: Sequence[MemoryDelivery | Exception] = (), entering: Sequence[Exception] = ()) -> None:
        self.items = list(items)
        self.entering = list(entering)
        self.limits: list[int] = []
        self.timeouts: list[float] = []
        self.left = 0

    async def __aenter__(self) -> Self:
        if self.entering:
            raise self.entering.pop(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.left += 1

    async def receive(self, limit: int, *, timeout: float) -> Sequence[MemoryDelivery]:
        self.limits.append(limit)
        self.timeouts.append(timeout)
        await asyncio.sleep(0)
        if not self.items:
            await asyncio.sleep(0.001)
            return []
        if isinstance(self.items[0], Exception):
            raise self.items.pop(0)
        taken: list[MemoryDelivery] = []
        while self.items and len(taken) < limit and isinstance(self.items[0], MemoryDelivery):
            taken.append(self.items.pop(0))
        return taken


class CountingExecutor:
    def __init__(self, pause: float = 0.0, errors: dict[str, BaseException] | None = None) -> None:
        self.pause = pause
        self.errors = errors or {}
        self.running = self.most = 0
        self.executed: list[str] = []

    async def execute(self, event: Event) -> FunctionResult:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(self.pause)
        self.running -= 1
        self.executed.append(event.id)
        error = self.errors.get(event.id)
        if isinstance(error, LookupError):
            raise error
        return FunctionResult(error=error)


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.001)


async def run(source: MemorySource, executor: CountingExecutor, done, **options) -> None:
    listener = PollingListener(source, executor, name="test", **options)
    await listener.start()
    await until(done)
    await listener.stop()


async def test_success_completes_and_failure_abandons():
    log: list[tuple[str, int]] = []
    source = MemorySource([MemoryDelivery(number, log) for number in range(3)])
    executor = CountingExecutor(errors={"1": ValueError("bad")})
    await run(source, executor, lambda: len(log) == 3)
    assert sorted(log) == [("abandon", 1), ("complete", 0), ("complete", 2)]
    assert source.left == 1


async def test_an_executor_that_raises_counts_as_a_failure(caplog):
    log: list[tuple[str, int]] = []
    await run(MemorySource([MemoryDelivery(0, log)]), CountingExecutor(errors={"0": LookupError("bug")}), lambda: log)
    assert log == [("abandon", 0)]
    assert "the executor raised for event 0" in caplog.text


async def test_never_more_at_once_than_the_concurrency():
    log: list[tuple[str, int]] = []
    executor = CountingExecutor(pause=0.001)
    source = MemorySource([MemoryDelivery(number, log) for number in range(20)])
    await run(source, executor, lambda: len(log) == 20, concurrency=3)
    assert executor.most == 3
    assert max(source.limits) == 3
    assert min(source.limits) >= 1


async def test_stop_settles_what_is_running_and_takes_nothing_new():
    log: list[tuple[str, int]] = []
    source = MemorySource([MemoryDelivery(number, log) for number in range(9)])
    executor = CountingExecutor(pause=0.02)
    listener = PollingListener(source, executor, name="test", concurrency=2)
    await listener.start()
    await until(lambda: executor.running == 2)
    await listener.stop()
    assert log == [("complete", 0), ("complete", 1)]
    assert len(source.items) == 7
    assert executor.running == 0


async def test_pauses_grow_while_idle_and_start_anew_after_an_event():
    log: list[tuple[str, int]] = []
    source = MemorySource()
    listener = PollingListener(source, CountingExecutor(), name="test", longest_pause=0.5)
    await listener.start()
    await until(lambda: len(source.timeouts) >= 5)
    source.items.append(MemoryDelivery(0, log))
    await until(lambda: log)
    seen = len(source.timeouts)
    await until(lambda: len(source.timeouts) > seen + 1)
    await listener.stop()
    assert source.timeouts[:5] == [0.1, 0.2, 0.4, 0.5, 0.5]
    assert 0.1 in source.timeouts[5:]


async def test_a_claim_is_renewed_while_the_function_runs():
    log: list[tuple[str, int]] = []
    await run(
        MemorySource([MemoryDelivery(0, log, renew_every=0.005)]),
        CountingExecutor(pause=0.03),
        lambda: ("complete", 0) in log,
    )
    assert log.count(("renew", 0)) >= 2
    assert log[-1] == ("complete", 0)


@pytest.mark.parametrize(
    ("error", "renewals"),
    [(DeliveryLost("The claim is gone."), 1), (RuntimeError("odd"), 2), (SourceUnavailable("It is away."), 2)],
)
async def test_a_failing_renewal_is_logged_and_the_event_still_settled(error, renewals, caplog):
    log: list[tuple[str, int]] = []
    delivery = MemoryDelivery(0, log, renew_every=0.004)
    delivery.renewing = error
    await run(MemorySource([delivery]), CountingExecutor(pause=0.03), lambda: ("complete", 0) in log)
    assert (log.count(("renew", 0)) == 1) is (renewals == 1)
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", [DeliveryLost("The claim is gone."), RuntimeError("odd")])
async def test_a_failing_settlement_does_not_stop_the_listener(error, caplog):
    log: list[tuple[str, int]] = []
    first = MemoryDelivery(0, log)
    first.settling = error
    await run(MemorySource([first, MemoryDelivery(1, log)]), CountingExecutor(), lambda: len(log) == 2, concurrency=1)
    assert log == [("complete", 0), ("complete", 1)]
    assert str(error) in caplog.text


@pytest.mark.parametrize(
    ("error", "again"),
    [(SourceUnavailable("It is away."), "can be renewed again; that failed 2 times"),
     (DeliveryLost("It is gone."), "Events are settled again; that failed 3 times")],
)  # fmt: skip
async def test_what_goes_wrong_with_many_claims_is_told_once_and_so_is_its_end(error, again, caplog):
    caplog.set_level(logging.INFO)
    log: list[tuple[str, int]] = []
    deliveries = [MemoryDelivery(number, log) for number in range(4)]
    for delivery in deliveries[:3]:
        if isinstance(error, DeliveryLost):
            delivery.settling = error
    if isinstance(error, SourceUnavailable):
        deliveries[0].renew_every = 0.002
        failures = [error, error, None]

        async def renew() -> None:
            log.append(("renew", 0))
            if failures and (failure := failures.pop(0)):
                raise failure

        deliveries[0].renew = renew  # type: ignore[method-assign]
    pause = 0.04 if isinstance(error, SourceUnavailable) else 0.0
    settled = lambda: sum(kind == "complete" for kind, _ in log) == 4  # noqa: E731
    await run(MemorySource(deliveries), CountingExecutor(pause=pause), settled, concurrency=1)
    assert caplog.text.count(str(error)) == 1
    assert again in caplog.text


async def test_the_next_renewal_is_due_when_the_delivery_says_so():
    log: list[tuple[str, int]] = []
    delivery = MemoryDelivery(0, log, renew_every=0.001)

    async def renew() -> None:
        log.append(("renew", 0))
        delivery.renew_every = None

    delivery.renew = renew  # type: ignore[method-assign]
    await run(MemorySource([delivery]), CountingExecutor(pause=0.03), lambda: ("complete", 0) in log)
    assert log == [("renew", 0), ("complete", 0)]


async def test_an_unreachable_source_is_told_once_and_tried_again(caplog):
    caplog.set_level(logging.INFO)
    log: list[tuple[str, int]] = []
    down = [SourceUnavailable("No route to the account.") for _ in range(2)]
    source = MemorySource([*down, MemoryDelivery(0, log)], entering=[])
    await run(source, CountingExecutor(), lambda: log)
    assert caplog.text.count("No route") == 1
    assert caplog.text.count("is back") == 1


async def test_start_returns_although_the_source_is_unreachable(caplog):
    log: list[tuple[str, int]] = []
    source = MemorySource([MemoryDelivery(0, log)], entering=[SourceUnavailable("Down.")])
    await run(source, CountingExecutor(), lambda: log)
    assert "Down." in caplog.text


async def test_an_unforeseen_error_does_not_end_the_listener(caplog, monkeypatch):
    monkeypatch.setattr("triggers.polling._AFTER_A_BUG", 0.0)
    log: list[tuple[str, int]] = []
    await run(MemorySource([KeyError("oops"), MemoryDelivery(0, log)]), CountingExecutor(), lambda: log)
    assert "unforeseen" in caplog.text


async def test_start_twice_is_refused_and_stop_without_start_is_nothing():
    listener = PollingListener(MemorySource(), CountingExecutor(), name="test")
    await listener.stop()
    await listener.start()
    with pytest.raises(RuntimeError, match="started already"):
        await listener.start()
    await listener.stop()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(0, 25))
def test_whatever_happens_every_event_is_settled_once(seed: int, concurrency: int, count: int):
    asyncio.run(chaos(random.Random(seed), concurrency, count))


async def chaos(dice: random.Random, concurrency: int, count: int) -> None:
    log: list[tuple[str, int]] = []
    items: list[MemoryDelivery | Exception] = []
    for number in range(count):
        items.append(MemoryDelivery(number, log, renew_every=dice.choice([None, 0.001])))
    source = MemorySource(items)
    errors = {str(number): ValueError() for number in range(count) if dice.random() < 0.3}
    executor = CountingExecutor(pause=dice.choice([0.0, 0.0005]), errors=errors)
    listener = PollingListener(source, executor, name="test", concurrency=concurrency)
    await listener.start()
    if dice.random() < 0.5:
        await until(lambda: not source.items)
    else:
        await asyncio.sleep(dice.random() * 0.003)
    await listener.stop()
    settled = sorted(number for kind, number in log if kind != "renew")
    handed_out = [number for number in range(count) if not any(item.number == number for item in source.items)]
    assert settled == handed_out
    assert sorted(executor.executed, key=int) == [str(number) for number in settled]
    assert {number for kind, number in log if kind == "abandon"} == {int(key) for key in errors} & set(settled)
    assert executor.most <= concurrency


async def test_the_next_batch_is_fetched_when_few_enough_run():
    source = MemorySource([MemoryDelivery(number, []) for number in range(6)])
    gates = [asyncio.Event() for _ in range(6)]

    class Gated:
        async def execute(self, event: Event) -> FunctionResult:
            await gates[int(event.id)].wait()
            return FunctionResult()

    listener = PollingListener(source, Gated(), name="f", concurrency=3, refill_at=1)
    await listener.start()
    await asyncio.sleep(0.02)
    assert source.limits[0] == 3
    asked = len(source.limits)
    gates[0].set()
    await asyncio.sleep(0.02)
    assert len(source.limits) == asked
    gates[1].set()
    await asyncio.sleep(0.02)
    assert source.limits[asked] == 2
    for gate in gates:
        gate.set()
    await listener.stop()
