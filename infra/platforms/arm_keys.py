"""The key of an app's functions, from the storage account in which its host keeps them."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from function_host.errors import ConfigError
from function_host.keys.blob import CONTAINER
from function_host.keys.document import HOST, keys, read_document
from function_host.keys.selection import PATH_SETTING, TYPE_SETTING
from infra.errors import NotPermitted, PlatformUnavailable
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_errors import Refused
from infra.resources.kinds import CONTAINER_APP, SITE, STORAGE, api_version
from infra.targets.azure_wiring import HOST_ID_SETTING
from triggers.blob_account import HOST_SETTING

_READER = "Storage Blob Data Reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key, or why it is not shown; neither for an app that has none."""

    value: str = ""
    why_not: str = ""
    is_late: bool = False
    """Will it be there when the host has made it?"""


class ReadBlob(Protocol):
    """Reads `container/name` of the account at `url` (`https://<account>.blob...`).

    `credential` is an account key as azure-storage-blob takes it, or a TokenCredential. None where there is no such
    blob; raises NotPermitted, and PlatformUnavailable where nobody answers.
    """

    def __call__(self, url: str, credential: Any, path: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReader:
    """Looks for the keys of one app, as often as its host may need to make them."""

    arm: ArmClient
    credential: Any
    """A TokenCredential: of whoever asks."""
    read: ReadBlob
    tries: int = 1
    pause: float = 3.0
    """Seconds between two looks."""

    def find(self, app: Mapping[str, Any], accounts: Sequence[Mapping[str, Any]]) -> FoundKey:
        """`app` as ARM shows it, `accounts` the storage accounts of its deployment."""
        try:
            settings = {name.lower(): value for name, value in settings_of(self.arm, app).items()}
        except Refused as refusal:
            return FoundKey(why_not=f"not shown: the settings of the app: {refusal.code}")
        host_id = settings.get(HOST_ID_SETTING.lower())
        elsewhere = settings.get(PATH_SETTING.lower()) or settings.get(TYPE_SETTING.lower(), "blob").lower() != "blob"
        if not host_id or elsewhere:
            return FoundKey()
        path = f"{CONTAINER}/{host_id}/{HOST}.json"
        found = FoundKey()
        for left in reversed(range(self.tries)):
            found = self._look(path, settings, accounts)
            if not found.is_late or not left:
                break
            time.sleep(self.pause)
        return found

    def _look(self, path: str, settings: Mapping[str, str], accounts: Sequence[Mapping[str, Any]]) -> FoundKey:
        found = FoundKey(why_not=f"not shown: it is in {path}, in the account that {HOST_SETTING} names")
        own = _named(settings)
        # Identities name the account; a connection string is a secret, and leads to one of the deployment's own.
        places = [each for each in accounts if own in ("", _url(each["name"]))]
        for place in places:
            found = self._of_account(place, path)
            if found.value or not found.is_late:
                return found
        return self._by_name(own, path) if own and not places else found

    def _of_account(self, place: Mapping[str, Any], path: str) -> FoundKey:
        account = self.arm.get(place["id"], api_version(STORAGE))
        if account is None:
            return FoundKey(why_not=f"not shown: the account {place['name']!r}, where it is, was deleted")
        properties = account["properties"]
        credential = self.credential
        if properties.get("allowSharedKeyAccess") is not False:
            try:
                listed = self.arm.post(f"{place['id']}/listKeys", api_version(STORAGE))
            except Refused as refusal:
                return FoundKey(why_not=f"not shown: the keys of the account {place['name']!r}: {refusal.code}")
            credential = {"account_name": account["name"], "account_key": listed["keys"][0]["value"]}
        return self._read(properties["primaryEndpoints"]["blob"], credential, path, scope=str(account["id"]))

    def _by_name(self, url: str, path: str) -> FoundKey:
        return self._read(url, self.credential, path, scope="<the account's id>")

    def _read(self, url: str, credential: Any, path: str, *, scope: str) -> FoundKey:
        try:
            data = self.read(url, credential, path)
            if data is None:
                return FoundKey(why_not=f"not there yet: the host writes it to {path}; ask again", is_late=True)
            return _first(read_document(data, HOST, path))
        except NotPermitted as error:
            grant = (
                'az role assignment create --assignee "$(az ad signed-in-user show --query id --output tsv)" '
                f'--role "{_READER}" --scope {scope}'
            )
            return FoundKey(why_not=f"not shown: {error} The role {_READER!r} lets you: {grant}")
        except (PlatformUnavailable, ConfigError) as error:
            return FoundKey(why_not=f"not shown: {error}")


def settings_of(arm: ArmClient, app: Mapping[str, Any]) -> dict[str, str]:
    """The app's settings, but for those that are secrets."""
    properties, kind = app["properties"], app["type"].lower()
    if kind == SITE.lower():
        listed = arm.post(f"{app['id']}/config/appsettings/list", api_version(SITE)).get("properties") or {}
        return {name: str(value) for name, value in listed.items()}
    if kind == CONTAINER_APP.lower():
        variables = properties["template"]["containers"][0].get("env") or []
    else:
        variables = properties["containers"][0]["properties"].get("environmentVariables") or []
    return {each["name"]: str(each["value"]) for each in variables if each.get("value")}


def read_blob(url: str, credential: Any, path: str) -> bytes | None:
    """ReadBlob by Azure's client."""
    from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
    from azure.storage.blob import BlobClient

    container, _, name = path.partition("/")
    try:
        with BlobClient(url, container, name, credential=credential, retry_total=0, connection_timeout=10) as client:
            return client.download_blob().readall()
    except ResourceNotFoundError:
        return None
    except AzureError as cause:
        refused = isinstance(cause, HttpResponseError) and cause.status_code in (401, 403)
        words = f"you may not read {url.rstrip('/')}/{path} ({getattr(cause, 'error_code', '') or 'no right'})."
        if refused:
            raise NotPermitted(words) from cause
        raise PlatformUnavailable(f"{url} cannot be reached: {str(cause).partition(chr(10))[0]}") from cause


def _named(settings: Mapping[str, str]) -> str:
    """The address of the account that the settings name; empty where a secret does."""
    name = settings.get(f"{HOST_SETTING}__accountName".lower())
    address = settings.get(f"{HOST_SETTING}__blobServiceUri".lower(), "")
    return _url(name) if name else address.rstrip("/")


def _url(account: str) -> str:
    return f"https://{account}.blob.core.windows.net"


def _first(document: Mapping[str, Any]) -> FoundKey:
    written = json.dumps(document.get("functionKeys", []))
    known = keys(document, "functionKeys")
    if '"encrypted": true' in written:
        return FoundKey(why_not="not shown: Microsoft's host keeps it encrypted; the portal shows it")
    return FoundKey(value=known[0].value) if known else FoundKey(why_not="not shown: all host keys were deleted")
