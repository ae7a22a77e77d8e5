import pytest

from function_host.errors import KeysUnavailable
from function_host.keys import FileKeyStore, KeyRing, MemoryKeyStore


async def test_keys_are_made_once_and_kept():
    store = MemoryKeyStore()
    assert await KeyRing(store).host_key() == await KeyRing(store).host_key()


async def test_two_hosts_have_different_keys():
    assert await KeyRing(MemoryKeyStore()).host_key() != await KeyRing(MemoryKeyStore()).host_key()


async def test_a_functions_key_opens_that_function_alone():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    assert await ring.level("unknown", "Mine") == "anonymous"
    key = (await store.load("mine"))["keys"][0]["value"]
    assert await ring.level(key, "Mine") == "function"
    assert await ring.level(key, "Other") == "anonymous"


async def test_the_master_key_gives_admin():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    await ring.host_key()
    assert await ring.level((await store.load("host"))["masterKey"]["value"], "any") == "admin"


async def test_the_stored_form_is_azures():
    store = MemoryKeyStore()
    await KeyRing(store).host_key()
    document = await store.load("host")
    assert document["masterKey"]["name"] == "master"
    assert [key["name"] for key in document["functionKeys"]] == ["default"]
    assert document["systemKeys"] == []


async def test_deleted_host_keys_do_not_come_back_by_themselves():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    await ring.prepare()
    assert await ring.delete("host", "functionKeys", "default")
    again = KeyRing(store)
    await again.prepare()
    assert await again.list("host", "functionKeys") == []
    assert await again.level(await again.host_key(), "") == "function"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Shared(MemoryKeyStore):
    """A store of several hosts, which counts how often it is read and can be made unreachable."""

    def __init__(self, fresh_for: float) -> None:
        super().__init__()
        self.fresh_for = fresh_for
        self.loads = 0
        self.reachable = True

    async def load(self, scope):
        self.loads += 1
        if not self.reachable:
            raise KeysUnavailable("Nobody there.")
        return await super().load(scope)


async def test_keys_that_others_make_count_within_a_second_and_deleted_ones_go_after_a_while():
    clock, store = Clock(), Shared(fresh_for=60)
    ring, other = KeyRing(store, clock), KeyRing(store, clock)
    await ring.prepare()
    key = (await other.put("host", "functionKeys", "new", None)).value
    own = (await other.put("f", "keys", "new", None)).value
    system = await other.system_key("grid_extension")
    assert await ring.level(key, "") == "anonymous"
    clock.now = 1.1
    assert await ring.level(key, "") == "function"
    assert await ring.level(own, "f") == "function"
    assert await ring.is_system_key(system, "grid_extension")
    await other.delete("host", "functionKeys", "new")
    clock.now = 62
    assert await ring.level(key, "") == "anonymous"


async def test_unknown_keys_do_not_have_the_store_read_again_and_again():
    clock, store = Clock(), Shared(fresh_for=60)
    ring = KeyRing(store, clock)
    await ring.prepare()
    before = store.loads
    clock.now = 61
    for _ in range(20):
        await ring.level("guess", "")
    assert store.loads == before + 1
    clock.now = 62.1
    for _ in range(20):
        await ring.level("guess", "")
    assert store.loads == before + 2


async def test_guesses_leave_a_store_alone_that_just_failed():
    clock, store = Clock(), Shared(fresh_for=60)
    ring = KeyRing(store, clock)
    await ring.prepare()
    store.reachable, clock.now = False, 2
    await ring.level("guess", "")
    before, clock.now = store.loads, 30
    await ring.level("guess", "")
    assert store.loads == before


async def test_a_document_that_others_change_all_the_time_is_told():
    class Busy(MemoryKeyStore):
        async def replace(self, scope, document, instead_of):
            return False

    with pytest.raises(KeysUnavailable, match="being changed by others all the time"):
        await KeyRing(Busy()).put("host", "functionKeys", "new", None)


async def test_known_keys_go_on_to_count_when_the_store_goes_away(caplog):
    clock, store = Clock(), Shared(fresh_for=60)
    ring = KeyRing(store, clock)
    key = await ring.host_key()
    store.reachable = False
    clock.now = 61
    assert await ring.level(key, "f") == "function"
    assert await ring.level("guess", "") == "anonymous"
    assert caplog.text.count("Nobody there. The keys that are known go on to count.") == 1
    with pytest.raises(KeysUnavailable):
        await ring.level("guess", "f")


async def test_nobody_gets_in_before_the_keys_were_read_and_a_silent_store_is_left_alone_for_a_while():
    clock, store = Clock(), Shared(fresh_for=60)
    store.reachable = False
    ring = KeyRing(store, clock)
    for _ in range(5):
        with pytest.raises(KeysUnavailable, match="Nobody there"):
            await ring.level("", "f")
    assert store.loads == 1
    store.reachable, clock.now = True, 1.5
    assert await ring.level("guess", "f") == "anonymous"


async def test_only_keys_in_memory_are_temporary(tmp_path):
    assert KeyRing(MemoryKeyStore()).is_temporary
    assert not KeyRing(FileKeyStore(tmp_path)).is_temporary
