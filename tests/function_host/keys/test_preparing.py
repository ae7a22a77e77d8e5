from function_host.errors import KeysUnavailable
from function_host.keys import KeyRing, MemoryKeyStore, MountedKeyStore, prepare_keys


class Flaky(MemoryKeyStore):
    """Says each of these sentences before it answers."""

    def __init__(self, *troubles: str) -> None:
        super().__init__()
        self._troubles = list(troubles)

    async def load(self, scope):
        if self._troubles:
            raise KeysUnavailable(self._troubles.pop(0))
        return await super().load(scope)


async def test_keys_are_there_when_the_store_is_back(caplog):
    caplog.set_level("INFO")
    pauses: list[float] = []
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        pauses.append(seconds)
        now += seconds

    ring = KeyRing(Flaky("No route.", "No route.", "No route.", "Refused."), clock=lambda: now)
    await prepare_keys(ring, ["grid_extension"], sleep)
    assert pauses == [1, 2, 4, 8]
    assert [record.message.partition(" Functions")[0] for record in caplog.records] == [
        "No route.", "Refused.", "The keys can be read now.",
    ]  # fmt: skip
    assert [key.name for key in await ring.list("host", "systemKeys")] == ["grid_extension"]
    assert await ring.level(await ring.host_key(), "") == "function"


async def test_keys_of_webhooks_that_nobody_gave_are_told(tmp_path, caplog):
    (tmp_path / "host.master").write_text("m")
    await prepare_keys(KeyRing(MountedKeyStore(tmp_path)), ["blobs_extension"])
    assert "A webhook of blobs_extension has no key: The keys in" in caplog.text


async def test_nothing_is_told_when_all_is_well(caplog):
    await prepare_keys(KeyRing(MemoryKeyStore()))
    assert caplog.records == []
