from infra.resources.storage import account, container, queue


def test_keys_of_an_account_open_it_only_when_they_are_asked_for() -> None:
    closed = account("data", "westeurope", sku="Standard_ZRS", keys=False, deployment="d", tags={}).body["properties"]
    opened = account("data", "westeurope", sku="Standard_ZRS", keys=True, deployment="d", tags={}).body["properties"]

    assert (closed["allowSharedKeyAccess"], opened["allowSharedKeyAccess"]) == (False, True)
    assert closed["allowBlobPublicAccess"] is False


def test_containers_and_queues_wait_for_an_account_that_is_made() -> None:
    made = [container("data", "input", made=True), queue("data", "events", made=True)]

    assert [each.name for each in made] == ["data/default/input", "data/default/events"]
    assert {each.after for each in made} == {("Microsoft.Storage/storageAccounts/data",)}
    assert container("data", "input", made=False).after == ()
    assert queue("data", "events", made=False).after == ()
