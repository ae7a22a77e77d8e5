import pytest

from infra.errors import PlatformUnavailable
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_errors import Refused
from tests.support.arm_platform import FAST, SHARED, Token
from tests.support.fake_arm import SUBSCRIPTION, Answer, Refusal

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{SHARED}"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/second"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/second"
BODY = {"location": "westeurope", "sku": {"name": "Basic"}}


@pytest.fixture
def arm(azure):
    with azure.client() as found:
        yield found


def test_nothing_there_is_none(arm) -> None:
    assert arm.get(REGISTRY, "1") is None
    assert arm.delete(REGISTRY, "1") is False
    assert list(arm.list(f"{GROUP}-other/resources", "1")) == []


@pytest.mark.parametrize(("path", "body"), [(REGISTRY, BODY), (ACCOUNT, {**BODY, "kind": "StorageV2"})])
def test_waits_for_the_end_of_an_operation(azure, arm, path, body) -> None:
    azure.fake.polls = 3

    made = arm.put(path, "1", body)

    assert made["properties"]["provisioningState"] == "Succeeded"
    assert len([each for each in azure.fake.asked if "operations" in each.path]) == 4
    assert arm.delete(path, "1") is True


def test_waits_while_the_body_says_so(azure, arm) -> None:
    azure.fake.polls = 3
    path = f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/team-bus"

    assert arm.put(path, "1", {"location": "westeurope"})["properties"]["provisioningState"] == "Succeeded"


def test_an_operation_that_ends_badly(azure, arm) -> None:
    azure.fake.broken["registries/second"] = ("QuotaExceeded", "No more registries.")

    with pytest.raises(Refused, match="QuotaExceeded: No more registries") as caught:
        arm.put(REGISTRY, "1", BODY)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_operation_that_goes_on_for_ever(azure) -> None:
    azure.fake.polls = 10**6
    short = type(FAST)(poll=0.01, operation=0.05)
    with (
        ArmClient(azure.fake.address, Token(), log=azure.lines.append, pace=short) as arm,
        pytest.raises(Refused, match="StillRunning"),
    ):
        arm.put(REGISTRY, "1", BODY)
    azure.fake.polls = 0
    for each in azure.fake.operations.values():
        each.left = 0


def test_reads_all_pages(azure, arm) -> None:
    more = f"{azure.fake.address}{GROUP}/more?api-version=1"
    azure.fake.script("GET", "/resources", lambda _: Answer(body={"value": [{"name": "1"}], "nextLink": more}))
    azure.fake.script("GET", "/more", lambda _: Answer(body={"value": [{"name": "2"}]}))

    assert [each["name"] for each in arm.list(f"{GROUP}/resources", "1")] == ["1", "2"]


def test_tries_again_when_azure_is_busy(azure, arm) -> None:
    azure.fake.refuse("GET", SHARED, Refusal(500, "InternalServerError", "again"), times=2)

    assert arm.get(GROUP, "1")["name"] == SHARED


def test_registers_nothing_that_is_refused(azure, arm) -> None:
    azure.fake.refuse("GET", SHARED, Refusal(403, "AuthorizationFailed", "No."))

    with pytest.raises(Refused, match="AuthorizationFailed: No"):
        arm.get(GROUP, "1")


def test_a_caller_whom_nobody_knows(azure) -> None:
    from azure.core.exceptions import ClientAuthenticationError

    class Nobody(Token):
        def get_token_info(self, *_, **__):
            raise ClientAuthenticationError("no credential in the chain\nand more")

    with (
        ArmClient(azure.fake.address, Nobody(), log=azure.lines.append, pace=FAST) as arm,
        pytest.raises(PlatformUnavailable, match="does not know you: no credential in the chain Sign in with"),
    ):
        arm.get(GROUP, "1")


def test_wants_tls(azure) -> None:
    address = azure.fake.address.replace("https", "http")
    with (
        ArmClient(address, Token(), log=azure.lines.append, pace=FAST) as arm,
        pytest.raises(PlatformUnavailable, match="non-TLS"),
    ):
        arm.get(GROUP, "1")


def test_lines_come_whole(azure, arm) -> None:
    url = f"{azure.fake.address}{GROUP}/stream?api-version=1"
    azure.fake.script("GET", "/stream", lambda _: Answer(body="one\r\ntwo\nthree"), times=2)

    assert list(arm.lines(url)) == ["one", "two", "three"]
    assert list(arm.lines(url, token="mine")) == ["one", "two", "three"]
    assert azure.fake.asked[-1].headers["authorization"] == "Bearer mine"


def test_a_stream_that_is_refused(azure, arm) -> None:
    with pytest.raises(Refused, match="InvalidResourceType: The resource type"):
        list(arm.lines(f"{azure.fake.address}{GROUP}/nothing?api-version=1"))
