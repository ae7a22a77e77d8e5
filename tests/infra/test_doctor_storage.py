import pytest
from azure.core.exceptions import ServiceRequestError

from infra import doctor_storage
from infra.contract import Secret
from infra.doctor_storage import open_looked_at, see_storage
from tests.support.deployments import image, spec
from triggers.connections import Connection
from triggers.errors import ConnectionNotConfigured

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=team;AccountKey=c2VjcmV0"
SETTINGS = {"TriggerConnectionString": CONNECTION}


class MemoryAccount:
    def __init__(self, containers=(), queues=None, failure=None):
        self.containers, self.queues, self.failure = set(containers), dict(queues or {}), failure
        self.closed = False

    def has_container(self, name):
        if self.failure:
            raise self.failure
        return name in self.containers

    def make_container(self, name):
        self.containers.add(name)

    def messages(self, queue):
        return self.queues.get(queue)

    def make_queue(self, name):
        self.queues[name] = 0

    def close(self):
        self.closed = True


@pytest.fixture
def account(monkeypatch):
    made = MemoryAccount()
    monkeypatch.setattr(doctor_storage, "open_looked_at", lambda _: made)
    return made


def seen(target="functions", *, fix=False, settings=SETTINGS, **said):
    return list(see_storage(spec(target, settings=settings, **said), fix=fix))


def told(findings):
    return [(each.level, each.message) for each in findings if each.level != "ok"]


def test_what_is_missing_is_told_and_made_only_when_asked(account):
    found = seen()
    assert told(found) == [
        ("warning", "The container 'input' is not there."), ("warning", "The container 'output' is not there.")
    ]  # fmt: skip
    assert account.containers == set()
    assert told(seen(fix=True)) == []
    assert account.containers == {"input", "output"}
    assert "was missing and is made" not in str(seen(fix=True))
    assert account.closed


def test_queues_of_bindings_and_events(account):
    of = image({"storage_queue": {"input_queue": "work", "connection": "TriggerConnectionString"}})
    names = [message for _, message in told(seen(of=of))]
    assert "The queue 'work' is not there." in names
    seen(of=of, fix=True)
    assert "work" in account.queues
    seen(of=image({"blob": {"source": "EventGrid", "event_queue": "events"}}), fix=True)
    assert "events" in account.queues


def test_events_that_were_given_up_are_told(account):
    account.containers |= {"input", "output"}
    account.queues["webjobs-blobtrigger-poison"] = 3
    (found,) = [each for each in seen() if each.level != "ok"]
    assert (found.check, "About 3 events" in found.message) == ("poison", True)
    assert "packager poison list" in found.fix


def test_an_account_that_does_not_answer_shows_no_key(account):
    account.failure = ServiceRequestError("AccountKey=c2VjcmV0 failed")
    (found,) = seen()
    assert found.level == "error"
    assert "ServiceRequestError" in found.message
    assert "c2VjcmV0" not in repr(found)


def test_a_host_that_nobody_knows_is_named(account):
    account.failure = ServiceRequestError("<urllib3 ...>: Failed to resolve 'tem.blob.example' ([Errno -2] not known)")
    (found,) = seen()
    assert "leads to the host 'tem.blob.example', which nobody knows" in found.message
    assert found.fix.startswith("Compare AccountName")


@pytest.mark.parametrize(
    ("target", "value", "level", "words"),
    [
        ("functions", "folder:/data", "error", "one of its own"),
        ("kubernetes", "folder:/data", "error", "one of its own"),
        ("local", "folder:/data", "warning", "inside the container"),
        ("functions", "UseDevelopmentStorage=true", "error", "emulator on this machine"),
        ("container_apps", f"{CONNECTION};BlobEndpoint=http://127.0.0.1:10000/a", "error", "emulator on this machine"),
    ],
)
def test_accounts_that_the_place_does_not_reach(account, target, value, level, words):
    (found,) = seen(target, settings={"TriggerConnectionString": value})
    assert (found.level, words in found.message) == (level, True)


def test_the_local_target_reaches_an_emulator(account):
    assert len(told(seen("local", settings={"TriggerConnectionString": "UseDevelopmentStorage=true"}))) == 2


def test_an_identity_is_not_tried_and_an_unknown_value_is_told(account, monkeypatch):
    monkeypatch.delenv("GONE", raising=False)
    (found,) = seen(settings={"TriggerConnectionString__accountName": "team"})
    assert (found.level, "identity" in found.message) == ("ok", True)
    (found,) = seen(settings={"TriggerConnectionString": Secret(variable="GONE")})
    assert (found.level, "not known here" in found.message) == ("warning", True)
    assert seen(settings={}) == []


def test_the_hosts_own_account_is_looked_at_too(account):
    found = seen(settings={"AzureWebJobsStorage": CONNECTION})
    assert [each.message for each in found] == ["The account of 'AzureWebJobsStorage' answers."]


@pytest.mark.parametrize("text", ["AccountName=a", "nonsense"])
def test_what_is_no_connection_string_is_refused_before_anything_is_sent(text):
    with pytest.raises(ConnectionNotConfigured, match="'Blobs'"):
        open_looked_at(Connection(setting="Blobs", wanted_by="the app", text=text))


def test_what_is_no_connection_string_is_an_error():
    (found,) = seen(settings={"TriggerConnectionString": "nonsense"})
    assert (found.level, "no connection string" in found.message) == ("error", True)
