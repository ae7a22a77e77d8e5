"""What the doctor sees in storage accounts: are they there, with the containers and queues that the bindings name?"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from infra.contract import DeploymentSpec
from infra.doctor_finding import Finding, error, known_settings, ok, warning
from infra.registry import target_named
from infra.targets.azure_connections import STORAGE_TYPES, containers_of, is_given, queues_of, storage_setting
from triggers.blob_messages import POISON_QUEUE
from triggers.connections import FOLDER, Connection, find_connection
from triggers.contract import Binding
from triggers.errors import ConnectionNotConfigured
from triggers.queue_account import HOST_SETTING
from triggers.storage_account import connection_string

_CHECK = "storage"
_SECONDS = 5
_UNKNOWN_HOST = re.compile(r"Failed to resolve '([^']+)'")
_ON_THIS_MACHINE = ("usedevelopmentstorage=true", "://127.0.0.1", "://localhost", "://[::1]")
_AT_HOME = frozenset({"local", "memory"})
"""Platforms whose apps see what is on this machine."""
_WAY_OUT = "packager poison list APP shows them; packager poison replay APP has them run again."


class Account(Protocol):
    """A storage account as far as the doctor looks; every method raises AzureError when it cannot be asked."""

    def has_container(self, name: str) -> bool: ...

    def make_container(self, name: str) -> None: ...

    def messages(self, queue: str) -> int | None:
        """About how many; None when there is no such queue."""
        ...

    def make_queue(self, name: str) -> None: ...

    def close(self) -> None: ...


class _Needs(NamedTuple):
    containers: tuple[str, ...]
    queues: tuple[str, ...]
    poison: tuple[str, ...]


def see_storage(spec: DeploymentSpec, *, fix: bool) -> Iterator[Finding]:
    """Each account that a setting names; `fix` makes the containers and queues that are missing."""
    bindings = [each for one in spec.image.functions for each in (one.trigger, *one.outputs)]
    stored = [each for each in bindings if each.type.lower() in STORAGE_TYPES]
    settings = known_settings(spec)
    for setting in dict.fromkeys([*map(storage_setting, stored), HOST_SETTING]):
        if not is_given(spec, setting):
            continue
        try:
            connection = find_connection(settings, setting, default=HOST_SETTING, wanted_by="the app")
        except ConnectionNotConfigured:
            yield warning(_CHECK, f"The value of {setting!r} is not known here, so that nothing was looked into.")
            continue
        needs = _needs(each for each in stored if storage_setting(each) == setting)
        yield from _connection(spec, connection, needs, fix=fix)


def _connection(spec: DeploymentSpec, connection: Connection, needs: _Needs, *, fix: bool) -> Iterator[Finding]:
    name, text = connection.setting, connection.text.strip()
    is_home = target_named(spec.target).platform in _AT_HOME
    if connection.section:
        yield ok(_CHECK, f"{name!r} is opened by the app's own identity, which nobody has here: not looked into.")
    elif text.startswith(FOLDER):
        yield _folder(spec, name, is_home=is_home)
    elif not is_home and any(each in text.lower() for each in _ON_THIS_MACHINE):
        yield error(
            _CHECK,
            f"{name!r} leads to an emulator on this machine, which the target {spec.target!r} cannot reach.",
            "Give the connection string of a storage account.",
        )
    else:
        yield from _account(connection, needs, fix=fix)


def _folder(spec: DeploymentSpec, name: str, *, is_home: bool) -> Finding:
    if is_home or target_named(spec.target).platform == "none":
        return warning(
            _CHECK,
            f"{name!r} names a folder, which is one inside the container and ends with it.",
            "Mount a volume there, or leave the setting to the target.",
        )
    return error(
        _CHECK,
        f"{name!r} names a folder, but each replica on {spec.target!r} would have one of its own, and lose it.",
        "Give a storage account.",
    )


def _account(connection: Connection, needs: _Needs, *, fix: bool) -> Iterator[Finding]:
    try:
        from azure.core.exceptions import AzureError
    except ImportError:
        yield warning(_CHECK, f"{connection.setting!r} was not looked into.", "Install functions-packager[blob,queue].")
        return
    try:
        account = open_looked_at(connection)
    except ConnectionNotConfigured as refusal:
        yield error(_CHECK, str(refusal))
        return
    try:
        yield from _contents(connection.setting, account, needs, fix=fix)
    except AzureError as failure:
        yield _unanswered(connection.setting, failure)
    finally:
        account.close()


def _contents(setting: str, account: Account, needs: _Needs, *, fix: bool) -> Iterator[Finding]:
    # Asked for in any case: it tells whether there is an account at all.
    account.has_container("azure-webjobs-hosts")
    yield ok(_CHECK, f"The account of {setting!r} answers.")
    for name in needs.containers:
        yield _present("container", name, is_there=account.has_container(name), make=account.make_container, fix=fix)
    for name in needs.queues:
        is_there = account.messages(name) is not None
        yield _present("queue", name, is_there=is_there, make=account.make_queue, fix=fix)
    for name in needs.poison:
        if waiting := account.messages(name):
            yield warning("poison", f"About {waiting} events that were given up are in the queue {name!r}.", _WAY_OUT)


def _present(kind: str, name: str, *, is_there: bool, make: Callable[[str], None], fix: bool) -> Finding:
    if is_there:
        return ok(_CHECK, f"The {kind} {name!r} is there.")
    if fix:
        make(name)
        return ok(_CHECK, f"The {kind} {name!r} was missing and is made.")
    return warning(_CHECK, f"The {kind} {name!r} is not there.", "Make it with --fix (fix=True).")


def _needs(bindings: Iterable[Binding]) -> _Needs:
    bindings = [*bindings]
    kinds = {each.type.lower() for each in bindings}
    poison = [POISON_QUEUE] if "blobtrigger" in kinds else []
    poison += [f"{name}-poison" for each in bindings if each.type.lower() == "queuetrigger" for name in queues_of(each)]
    return _Needs(
        containers=tuple(dict.fromkeys(name for each in bindings for name in containers_of(each) if name)),
        queues=tuple(dict.fromkeys(name for each in bindings for name in queues_of(each) if name)),
        poison=tuple(name for name in dict.fromkeys(poison) if name != "-poison"),
    )


def open_looked_at(connection: Connection) -> Account:
    """The account behind a connection string; nothing is sent yet. Raises ConnectionNotConfigured."""
    return _AzureAccount(connection)


class _AzureAccount:
    """By the SDK's own clients, which give up soon."""

    def __init__(self, connection: Connection) -> None:
        from azure.storage.blob import BlobServiceClient
        from azure.storage.queue import QueueServiceClient

        patience: Mapping[str, Any] = {"retry_total": 0, "connection_timeout": _SECONDS, "read_timeout": _SECONDS}
        try:
            self._blobs = BlobServiceClient.from_connection_string(connection_string(connection, "blob"), **patience)
            self._queues = QueueServiceClient.from_connection_string(connection_string(connection, "queue"), **patience)
        except ValueError as cause:
            raise ConnectionNotConfigured(
                f"The app setting {connection.setting!r} names no blob and queue endpoints of a storage account; copy "
                "the account's whole connection string into it."
            ) from cause

    def has_container(self, name: str) -> bool:
        return bool(self._blobs.get_container_client(name).exists())

    def make_container(self, name: str) -> None:
        self._blobs.create_container(name)

    def messages(self, queue: str) -> int | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            found = self._queues.get_queue_client(queue).get_queue_properties()
        except ResourceNotFoundError:
            return None
        return int(found.approximate_message_count or 0)

    def make_queue(self, name: str) -> None:
        self._queues.create_queue(name)

    def close(self) -> None:
        self._blobs.close()
        self._queues.close()


def _unanswered(setting: str, failure: Exception) -> Finding:
    unknown = _UNKNOWN_HOST.search(str(failure))
    if unknown:
        return error(
            _CHECK,
            f"{setting!r} leads to the host {unknown[1]!r}, which nobody knows.",
            "Compare AccountName and EndpointSuffix with the account's.",
        )
    return error(
        _CHECK,
        f"{setting!r} leads to no storage account that answers: {_said(failure)}.",
        "Compare the connection string with the account's, and its firewall with where the app runs.",
    )


def _said(failure: Exception) -> str:
    """In one line, and without what was signed."""
    code = getattr(failure, "error_code", None) or getattr(failure, "status_code", None)
    return str(getattr(code, "value", code)) if code else type(failure).__name__
