import json
import ssl
import time

import pytest
import trustme

from function_host.keys.document import new_document, without_key
from infra.contract import Secret
from infra.errors import NotPermitted, PlatformUnavailable
from infra.platforms.arm_keys import read_blob, settings_of
from infra.targets.azure_wiring import HOST_ID_SETTING
from tests.support.arm_platform import SHARED, Azure, Token
from tests.support.deployments import image, spec
from tests.support.fake_arm import Refusal
from tests.support.scripted_server import Reply, scripted

pytestmark = pytest.mark.azure_stand_in

HTTP = image({"http": {}})
PLACES = ("app_service", "container_instances", "container_apps")
DOCUMENT = new_document("host")
KEY = DOCUMENT["functionKeys"][0]["value"]
PATH = "/azure-webjobs-secrets/d/host.json"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def keep(azure: Azure, document: object = DOCUMENT, account: str = "") -> None:
    """As the host writes its keys at its first start."""
    name = account or azure.platform(asked("functions")).status().details["storage accounts"]
    path = f"https://{name}.blob.core.windows.net/azure-webjobs-secrets/diabetes/host.json"
    azure.blobs.kept[path] = json.dumps(document).encode()


def asked(target, **said):
    return spec(target, **{"of": HTTP, "registry_group": SHARED, **said})


def found(azure: Azure, target: str, **said):
    return azure.platform(asked(target, **said)).status()


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize("keys", [False, True])
def test_the_host_keeps_it_in_the_account_of_the_deployment(azure, target, keys):
    azure.apply(asked(target, keys=keys))
    keep(azure)

    shown = found(azure, target, keys=keys)

    assert (shown.key, "key" in shown.details) == (KEY, False)
    right = azure.blobs.asked[-1][1]
    assert isinstance(right, dict) == keys
    assert KEY not in "".join(azure.lines)


def test_of_two_accounts_it_is_the_hosts(azure):
    azure.apply(asked("app_service", of=image({"http": {}, "blob": {}}), keys=True))
    host, data = sorted(found(azure, "app_service").details["storage accounts"].split(", "), reverse=True)
    keep(azure, new_document("host"), account=data)
    keep(azure, account=host)

    assert found(azure, "app_service").key == KEY


def test_a_key_that_appears_while_it_starts_is_told_at_once(azure, monkeypatch):
    looks = []

    def later(seconds: float) -> None:
        looks.append(seconds)
        keep(azure)

    monkeypatch.setattr(time, "sleep", later)

    assert azure.apply(asked("container_apps")).key == KEY
    assert looks[-1:] == [0.01]


def test_who_may_not_read_it_is_told_the_role(azure):
    azure.apply(asked("container_apps"))
    azure.blobs.is_forbidden = True

    shown = found(azure, "container_apps")

    assert shown.key == ""
    assert "you may not read https://" in shown.details["key"]
    assert "az role assignment create --assignee" in shown.details["key"]
    assert shown.details["key"].endswith(f"/storageAccounts/{shown.details['storage accounts']}")


def test_account_keys_that_one_may_not_list(azure):
    azure.apply(asked("container_apps", keys=True))
    azure.fake.refuse("POST", "/listKeys", Refusal(403, "AuthorizationFailed", "No."))

    assert found(azure, "container_apps", keys=True).details["key"].endswith("AuthorizationFailed")


def test_a_reader_of_the_group_still_gets_a_status(azure):
    azure.apply(asked("app_service"))
    azure.fake.refuse("POST", "/config/appsettings/list", Refusal(403, "AuthorizationFailed", "No."))

    shown = found(azure, "app_service")

    assert (shown.state, shown.key) == ("running", "")
    assert shown.details["key"] == "not shown: AuthorizationFailed: No."


def test_an_account_that_one_may_not_look_at(azure):
    azure.apply(asked("container_apps"))
    azure.fake.refuse("GET", "/storageAccounts/diabetesb79d84host", Refusal(403, "AuthorizationFailed", "No."))

    assert found(azure, "container_apps").details["key"] == "not shown: AuthorizationFailed: No."


def test_in_an_account_that_the_settings_name(azure):
    settings = {"AzureWebJobsStorage__accountName": "teamdata"}
    azure.apply(asked("container_apps", settings=settings))
    keep(azure, account="teamdata")

    assert found(azure, "container_apps", settings=settings).key == KEY


def test_in_an_account_that_only_a_secret_names(azure, monkeypatch):
    monkeypatch.setenv("STORAGE", "AccountName=teamdata;AccountKey=c2VjcmV0")
    settings = {"AzureWebJobsStorage": Secret(variable="STORAGE")}
    for target in PLACES:
        azure.apply(asked(target, keys=True, of=image({"http": {}, "blob": {}})))
        azure.blobs.kept.clear()
        keep(azure)
        azure.apply(asked(target, keys=True, settings=settings))

        shown = found(azure, target, settings=settings)

        where = "not shown: it is in azure-webjobs-secrets/diabetes/host.json, in the account that AzureWebJobsStorage"
        told = where if target == "container_instances" else "not there yet"
        assert (shown.key, shown.details["key"].startswith(told)) == ("", True), shown
        keep(azure, account="teamdata")
        assert found(azure, target, settings=settings).key == ("" if target == "container_instances" else KEY)
        azure.platform(asked(target)).remove()


@pytest.mark.parametrize(
    "setting",
    [
        {"AzureWebJobsStorage__blobServiceUri": "https://evil.example"},
        {"AzureWebJobsStorage__blobServiceUri": "https://evil.example/?.blob.core.windows.net"},
        {"AzureWebJobsStorage__accountName": "evil.example/"},
    ],
)
def test_nobody_but_azure_is_shown_the_callers_token(azure, setting):
    azure.apply(asked("container_apps", settings=setting))

    assert "no account of the public cloud" in found(azure, "container_apps", settings=setting).details["key"]
    assert azure.blobs.asked == []


def test_the_key_called_default_is_told(azure):
    azure.apply(asked("container_apps"))
    partner = {"name": "partner", "value": "theirs", "encrypted": False}
    keep(azure, {**DOCUMENT, "functionKeys": [partner, *DOCUMENT["functionKeys"]]})

    assert found(azure, "container_apps").key == KEY


@pytest.mark.parametrize("setting", ["FUNCTIONS_SECRETS_PATH", "AzureWebJobsSecretStorageType"])
def test_keys_that_are_kept_elsewhere_are_nobodys_business(azure, setting):
    settings = {setting: "files"}
    azure.apply(asked("container_apps", settings=settings))
    azure.blobs.asked.clear()

    shown = found(azure, "container_apps", settings=settings)

    assert (shown.key, "key" in shown.details, azure.blobs.asked) == ("", False, [])


@pytest.mark.parametrize("of", [image({}), image(), image({"http": {"auth_level": "anonymous"}})])
def test_apps_that_nobody_calls_with_a_key(azure, of):
    azure.apply(asked("container_apps", of=of))

    assert azure.blobs.asked == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**DOCUMENT, "functionKeys": [{**DOCUMENT["functionKeys"][0], "encrypted": True}]}, "keeps it encrypted"),
        (without_key(DOCUMENT, "functionKeys", "default"), "all host keys were deleted"),
        ({"keys": []}, "must have $.masterKey"),
    ],
)
def test_what_cannot_be_shown_is_told(azure, document, words):
    azure.apply(asked("container_apps"))
    keep(azure, document)

    shown = found(azure, "container_apps")

    assert shown.key == ""
    assert words in shown.details["key"]


def test_only_what_is_no_secret_is_read_of_the_settings():
    def app(kind, container):
        template = {"template": {"containers": [container]}, "containers": [{"properties": container}]}
        return {"type": kind, "id": "/x", "properties": template}

    env = [{"name": HOST_ID_SETTING, "value": "d"}, {"name": "S", "secretRef": "s"}]
    hidden = [{"name": HOST_ID_SETTING, "value": "d"}, {"name": "S"}]
    assert settings_of(None, app("Microsoft.App/containerApps", {"env": env})) == {HOST_ID_SETTING: "d"}
    group = app("Microsoft.ContainerInstance/containerGroups", {"environmentVariables": hidden})
    assert settings_of(None, group) == {HOST_ID_SETTING: "d"}


@pytest.mark.parametrize("right", [{"account_name": "a", "account_key": "a2V5"}, Token()])
def test_an_account_that_nobody_answers_for(right):
    with pytest.raises(PlatformUnavailable, match=r"http://127\.0\.0\.1:1/a cannot be reached"):
        read_blob("http://127.0.0.1:1/a", right, "c/host.json")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((206, ""), b"keys"),
        ((404, "BlobNotFound"), None),
        ((404, "ContainerNotFound"), None),
        ((403, "AuthorizationPermissionMismatch"), r"may not read .*/host\.json \(AuthorizationPermissionMismatch"),
        ((401, "InvalidAuthenticationInfo"), "you may not read"),
        ((500, "InternalError"), "cannot be reached"),
    ],
)
def test_a_blob_by_the_callers_own_identity(monkeypatch, tmp_path, authority, tls, answer, outcome):
    status, code = answer
    kept = {"x-ms-error-code": code} if code else {"Content-Range": "bytes 0-3/4"}
    reply = Reply(status=status, headers=kept, body=b"" if code else b"keys")
    certificates = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(certificates))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates))
    with scripted({PATH: reply}, tls) as account:
        if isinstance(outcome, str):
            with pytest.raises((NotPermitted, PlatformUnavailable), match=outcome):
                read_blob(f"https://{account.address}", Token(), PATH.strip("/"))
        else:
            assert read_blob(f"https://{account.address}", Token(), PATH.strip("/")) == outcome
        assert {(each.path, each.headers["Authorization"]) for each in account.asked} == {(PATH, "Bearer token")}
