"""Entities of a storage table: read for a function, and added from what it returns."""

import json
from collections.abc import Mapping
from importlib import import_module

from triggers.blob_account import find_account
from triggers.connections import Connection
from triggers.contract import Binding, BindingAdapter, BindingContext, InputReader, OutputWriter
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.paths import fill_text
from triggers.table_store import Entity, TableStore

_KEYS = {"partitionkey": "PartitionKey", "rowkey": "RowKey"}


class TableReader:
    """Reads one entity, or those that a filter finds, as JSON text."""

    def __init__(self, store: TableStore, binding: Binding) -> None:
        self._store = store
        self._table = binding.option("tableName")
        self._partition = binding.option("partitionKey")
        self._row = binding.option("rowKey")
        self._filter = binding.option("filter")
        self._take = _take(binding)

    async def read(self, metadata: Mapping[str, object]) -> object:
        """The entity, None when it is missing; a list of them when the binding does not name both keys."""
        table = fill_text(self._table, metadata)
        partition, row = fill_text(self._partition, metadata), fill_text(self._row, metadata)
        if partition and row:
            entity = await self._store.get(table, partition, row)
            return None if entity is None else json.dumps(entity)
        conditions = [f"PartitionKey eq '{_quoted(partition)}'"] if partition else []
        if self._filter:
            conditions.append(f"({fill_text(self._filter, metadata)})")
        return json.dumps(await self._store.query(table, " and ".join(conditions), self._take))

    async def close(self) -> None:
        await self._store.close()


class TableWriter:
    """Adds entities to a table; one that is there already is an error, as on Azure."""

    def __init__(self, store: TableStore, binding: Binding) -> None:
        self._store = store
        self._binding = binding

    async def open(self) -> None:
        """Nothing: the first write makes the table."""

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Add an entity or a list of them, given as JSON; raises TypeError, ValueError or SourceUnavailable."""
        table = fill_text(self._binding.option("tableName"), metadata)
        defaults = {
            "PartitionKey": fill_text(self._binding.option("partitionKey"), metadata),
            "RowKey": fill_text(self._binding.option("rowKey"), metadata),
        }
        entities = [_complete(entity, defaults, self._binding.name) for entity in _entities(value, self._binding.name)]
        if entities:
            await self._store.add(table, entities)

    async def close(self) -> None:
        await self._store.close()


def _entities(value: object, name: str) -> list[Mapping[str, object]]:
    if not isinstance(value, str | bytes | bytearray):
        raise TypeError(f"The table output {name!r} got a {type(value).__name__}; return a dict, a list, or JSON text.")
    document = json.loads(value)
    entities = document if isinstance(document, list) else [document]
    if not all(isinstance(entity, dict) for entity in entities):
        raise TypeError(f"The table output {name!r} takes JSON objects only.")
    return entities


def _complete(given: Mapping[str, object], defaults: Mapping[str, str], name: str) -> Entity:
    """The entity with its two keys, which the binding gives where the function did not."""
    entity = {_KEYS.get(key.lower(), key): value for key, value in given.items()}
    for key, default in defaults.items():
        entity[key] = str(entity[key]) if entity.get(key) is not None else default
        if not entity[key]:
            raise ValueError(f"An entity for the table output {name!r} has no {key}, and the binding gives none.")
    return entity


def _take(binding: Binding) -> int | None:
    text = binding.option("take")
    if text and not (text.isdecimal() and int(text)):
        raise InvalidOptions(f"take of the table input {binding.name!r} is {text!r}; it must be a number from 1 up.")
    return int(text) if text else None


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def table_reader(context: BindingContext) -> InputReader:
    """The reader of one `table` input; raises InvalidOptions or ConnectionNotConfigured."""
    return TableReader(_open(context, "input"), context.binding)


def table_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `table` output; raises InvalidOptions or ConnectionNotConfigured."""
    return TableWriter(_open(context, "output"), context.binding)


def _open(context: BindingContext, what: str) -> TableStore:
    binding = context.binding
    if not binding.option("tableName"):
        raise InvalidOptions(f"The table {what} {binding.name!r} has no tableName.")
    wanted_by = f"the table {what} {binding.name!r}"
    return open_tables(find_account(context.settings, binding.option("connection"), wanted_by=wanted_by))


def open_tables(connection: Connection) -> TableStore:
    """The tables of an account; nothing is sent yet. Raises ConnectionNotConfigured."""
    if connection.text.startswith("folder:"):
        raise ConnectionNotConfigured(
            f"The app setting {connection.setting!r} is a folder, but {connection.wanted_by} needs a storage account: "
            "a folder has no tables. Set it to a connection string, or to 'UseDevelopmentStorage=true' for Azurite."
        )
    try:
        import_module("azure.data.tables.aio")
        import_module("aiohttp")
    except ImportError as missing:
        raise ConnectionNotConfigured(
            f"{connection.wanted_by} needs {missing.name!r}, which is not installed; install functions-packager[table]."
        ) from missing
    from triggers.azure_tables import AzureTables

    return AzureTables(connection)


binding = BindingAdapter(type="table", extension="tables", reader=table_reader, writer=table_writer)
