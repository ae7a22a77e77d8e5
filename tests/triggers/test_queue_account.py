import pytest

from triggers.azure_queues import AzureQueues
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.folder_queues import FolderQueues
from triggers.queue_account import check_queue_name, open_queues


def test_the_emulator_and_the_hosts_own_account_are_opened():
    assert isinstance(
        open_queues({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, "", wanted_by="f"), AzureQueues
    )


async def test_a_folder_has_queues(tmp_path):
    store = open_queues({"Store": f"folder:{tmp_path}"}, "Store", wanted_by="f")
    await store.send("work", "x")
    assert await FolderQueues(tmp_path).count("work") == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("folder:data", "'Store' names the folder 'data'; it must be an absolute path"),
        ("nonsense", "'Store', which the queue of f connects with, is no connection string"),
    ],
)
def test_what_has_no_queues_is_refused(value, told):
    with pytest.raises(ConnectionNotConfigured, match=told):
        open_queues({"Store": value}, "Store", wanted_by="the queue of f")


@pytest.mark.parametrize("name", ["abc", "ABC-9", "a" * 63])
def test_names_are_lower_case(name):
    assert check_queue_name(name) == name.lower()


@pytest.mark.parametrize("name", ["", "ab", "a--b", "-abc", "abc-", "a_b", "a" * 64])
def test_what_azure_would_not_take_is_refused(name):
    with pytest.raises(InvalidOptions, match="is no name of a queue"):
        check_queue_name(name)
