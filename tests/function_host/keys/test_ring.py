from function_host.keys import KeyRing, MemoryKeyStore


def test_keys_are_made_once_and_kept():
    store = MemoryKeyStore()
    assert KeyRing(store).host_key() == KeyRing(store).host_key()


def test_two_hosts_have_different_keys():
    assert KeyRing(MemoryKeyStore()).host_key() != KeyRing(MemoryKeyStore()).host_key()


def test_a_functions_key_opens_that_function_alone():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    assert ring.level("unknown", "Mine") == "anonymous"
    key = store.load("mine")["keys"][0]["value"]
    assert ring.level(key, "Mine") == "function"
    assert ring.level(key, "Other") == "anonymous"


def test_the_master_key_gives_admin():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    ring.host_key()
    assert ring.level(store.load("host")["masterKey"]["value"], "any") == "admin"


def test_the_stored_form_is_azures():
    store = MemoryKeyStore()
    KeyRing(store).host_key()
    document = store.load("host")
    assert document["masterKey"]["name"] == "master"
    assert [key["name"] for key in document["functionKeys"]] == ["default"]
    assert document["systemKeys"] == []
