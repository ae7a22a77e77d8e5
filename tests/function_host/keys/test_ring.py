from function_host.keys import KeyRing, MemoryKeyStore


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
