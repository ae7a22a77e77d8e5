"""The key of an app's functions, from the storage account in which its host keeps them."""

import json
import re
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
_SECONDS = 10
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_ADDRESS = re.compile(r"https://([a-z0-9]{3,24})\.blob\.core\.windows\.net")
_IN_CONNECTION = re.compile(r"(?:^|;)\s*AccountName=([^;]+)", re.IGNORECASE)


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
    is_given: bool = False
    """Did whoever deploys it say where the host's account is?"""
    tries: int = 1
    pause: float = 3.0
    """Seconds between two looks."""

    def find(self, app: Mapping[str, Any], accounts: Sequence[Mapping[str, Any]]) -> FoundKey:
        """`app` as ARM shows it, `accounts` the storage accounts of its deployment."""
        try:
            return self._find(app, accounts)
        except Refused as refusal:
            return FoundKey(why_not=f"not shown: {refusal.code}: {refusal.said}")

    def _find(self, app: Mapping[str, Any], accounts: Sequence[Mapping[str, Any]]) -> FoundKey:
        settings = {name.lower(): value for name, value in settings_of(self.arm, app).items()}
        host_id = settings.get(HOST_ID_SETTING.lower())
        elsewhere = settings.get(PATH_SETTING.lower()) or settings.get(TYPE_SETTING.lower(), "blob").lower() != "blob"
        if not host_id or elsewhere:
            return FoundKey()
        path = f"{CONTAINER}/{host_id}/{HOST}.json"
        found = FoundKey()
        for left in reversed(range(self.tries)):
            found = self._look(path, _account_name(settings), accounts)
            if not found.is_late or not left:
                break
            time.sleep(self.pause)
        return found

    def _look(self, path: str, name: str, accounts: Sequence[Mapping[str, Any]]) -> FoundKey:
        if name and name not in [each["name"] for each in accounts]:
            return self._by_name(name, path)
        # A container group does not show its connection: it leads to the deployment's own account unless one is given.
        places = [each for each in accounts if name == each["name"] or not (name or self.is_given)]
        if len(places) != 1:
            return FoundKey(why_not=f"not shown: it is in {path}, in the account that {HOST_SETTING} names")
        return self._of_account(places[0], path)

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

    def _by_name(self, name: str, path: str) -> FoundKey:
        # To nobody but Azure: a setting could send the caller's token anywhere.
        if not _ACCOUNT.fullmatch(name):
            return FoundKey(why_not=f"not shown: it is in {path} at {name!r}, which is no account of the public cloud")
        return self._read(f"https://{name}.blob.core.windows.net", self.credential, path, scope="<the account's id>")

    def _read(self, url: str, credential: Any, path: str, *, scope: str) -> FoundKey:
        try:
            data = self.read(url, credential, path)
            if data is None:
                return FoundKey(why_not=f"not there yet: the host writes it to {path}; ask again", is_late=True)
            return _shown(read_document(data, HOST, path))
        except NotPermitted as error:
            grant = (
                'az role assignment create --assignee "$(az ad signed-in-user show --query id --output tsv)" '
                f'--role "{_READER}" --scope {scope}'
            )
            return FoundKey(why_not=f"not shown: {error} The role {_READER!r} lets you: {grant}")
        except (PlatformUnavailable, ConfigError) as error:
            return FoundKey(why_not=f"not shown: {error}")


def settings_of(arm: ArmClient, app: Mapping[str, Any]) -> dict[str, str]:
    """The app's settings, but for its secrets; with the host's connection where that can be read."""
    properties, kind = app["properties"], app["type"].lower()
    if kind == SITE.lower():
        listed = arm.post(f"{app['id']}/config/appsettings/list", api_version(SITE)).get("properties") or {}
        return {name: str(value) for name, value in listed.items()}
    if kind == CONTAINER_APP.lower():
        variables = properties["template"]["containers"][0].get("env") or []
        variables = [_opened(arm, app, each) if each["name"] == HOST_SETTING else each for each in variables]
    else:
        variables = properties["containers"][0]["properties"].get("environmentVariables") or []
    return {each["name"]: str(each["value"]) for each in variables if each.get("value")}


def _opened(arm: ArmClient, app: Mapping[str, Any], variable: Mapping[str, Any]) -> dict[str, Any]:
    """The variable of a container app with the value of its secret; without one where a vault has it."""
    if "secretRef" not in variable:
        return dict(variable)
    listed = arm.post(f"{app['id']}/listSecrets", api_version(CONTAINER_APP)).get("value") or []
    value = next((each.get("value") for each in listed if each["name"] == variable["secretRef"]), None)
    return {"name": variable["name"], "value": value}


def read_blob(url: str, credential: Any, path: str) -> bytes | None:
    """ReadBlob by Azure's client."""
    from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
    from azure.storage.blob import BlobClient

    container, _, name = path.partition("/")
    patience: Any = {"retry_total": 0, "connection_timeout": _SECONDS, "read_timeout": _SECONDS}
    try:
        with BlobClient(url, container, name, credential=credential, **patience) as client:
            return client.download_blob().readall()
    except ResourceNotFoundError:
        return None
    except (AzureError, ValueError) as cause:
        refused = isinstance(cause, HttpResponseError) and cause.status_code in (401, 403)
        words = f"you may not read {url.rstrip('/')}/{path} ({getattr(cause, 'error_code', '') or 'no right'})."
        if refused:
            raise NotPermitted(words) from cause
        raise PlatformUnavailable(f"{url} cannot be reached: {str(cause).partition(chr(10))[0]}") from cause


def _account_name(settings: Mapping[str, str]) -> str:
    """Of the account that the settings name; empty where a secret does."""
    if name := settings.get(f"{HOST_SETTING}__accountName".lower()):
        return name
    address = settings.get(f"{HOST_SETTING}__blobServiceUri".lower()) or settings.get(HOST_SETTING.lower(), "")
    known = _ADDRESS.fullmatch(address.rstrip("/")) or _IN_CONNECTION.search(address)
    return known[1] if known else address


def _shown(document: Mapping[str, Any]) -> FoundKey:
    """The one called `default`, else the first."""
    if '"encrypted": true' in json.dumps(document.get("functionKeys", [])):
        return FoundKey(why_not="not shown: Microsoft's host keeps it encrypted; the portal shows it")
    known = keys(document, "functionKeys")
    chosen = next((each for each in known if each.name.lower() == "default"), next(iter(known), None))
    return FoundKey(value=chosen.value) if chosen else FoundKey(why_not="not shown: all host keys were deleted")
