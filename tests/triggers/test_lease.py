"""triggers.lease"""

import asyncio
import contextlib

from triggers.errors import SourceUnavailable
from triggers.lease import FileLease, Unshared, while_held


class FakeLease:
    """A lease that answers as told, one answer after the other."""

    retry_every, renew_every = 1.0, 2.0

    def __init__(self, acquired, renewed) -> None:
        self.acquired, self.renewed = list(acquired), list(renewed)
        self.calls: list[str] = []

    async def acquire(self) -> bool:
        return self._answer("acquire", self.acquired)

    async def renew(self) -> bool:
        return self._answer("renew", self.renewed)

    async def release(self) -> None:
        self.calls.append("release")

    async def close(self) -> None:
        self.calls.append("close")

    def _answer(self, call: str, answers: list) -> bool:
        self.calls.append(call)
        answer = answers.pop(0) if answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer


async def run(lease, rounds: int = 60) -> list[str]:
    """What the work noted while sleeping took no time."""
    noted: list[str] = []

    async def work() -> None:
        noted.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            noted.append("ended")

    task = asyncio.create_task(while_held(lease, work, name="w", sleep=lambda _: asyncio.sleep(0)))
    for _ in range(rounds):
        await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return noted


async def test_without_the_lease_nothing_is_done():
    lease = FakeLease([False, False], [])
    assert await run(lease) == []
    assert set(lease.calls) == {"acquire", "close"}


async def test_a_lost_lease_ends_the_work_until_it_is_won_again():
    lease = FakeLease([True, False, True], [True, False, True])
    assert (await run(lease))[:3] == ["began", "ended", "began"]
    assert lease.calls[:7] == ["acquire", "renew", "renew", "release", "acquire", "acquire", "renew"]


async def test_one_failed_renewal_is_forgiven_and_two_are_not(caplog):
    down = SourceUnavailable("down")
    lease = FakeLease([True], [down, True, down, down])
    assert await run(lease) == ["began", "ended"]
    assert lease.calls[:6] == ["acquire", "renew", "renew", "renew", "renew", "release"]
    assert "the lease was lost" in caplog.text


async def test_an_account_that_is_out_of_reach_is_tried_again_and_told_once(caplog):
    lease = FakeLease([SourceUnavailable("down")] * 3 + [True], [True] * 100)
    assert await run(lease) == ["began", "ended"]
    assert caplog.text.count("down") == 1


async def test_a_file_has_one_holder(tmp_path):
    one, other = (FileLease(tmp_path / "locks" / "x") for _ in range(2))
    assert await one.acquire()
    assert await one.renew()
    assert not await other.acquire()
    await one.release()
    assert not await one.renew()
    assert await other.acquire()
    await other.release()


async def test_everybody_holds_what_nobody_shares():
    assert await Unshared().acquire()
    assert await Unshared().renew()
