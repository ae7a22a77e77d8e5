"""The tables of an Azure storage account or Azurite."""

import base64
import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty
from azure.data.tables.aio import TableServiceClient

from triggers.azure_account import AzureClient
from triggers.azure_errors import translated
from triggers.connections import Connection
from triggers.table_store import Entity

_MOST_AT_ONCE = 100
_ETAG = "odata.etag"
_INT32 = range(-(2**31), 2**31)


class AzureTables:
    """The tables of one account, as triggers.table_store.TableStore."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent yet; raises ConnectionNotConfigured."""
        self._service = AzureClient(TableServiceClient, "table", connection)

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        with translated(f"read entity {partition!r}, {row!r} of table {table!r}"):
            try:
                return _plain(await self._table(table).get_entity(partition, row))
            except ResourceNotFoundError:
                return None

    async def query(self, table: str, condition: str, limit: int | None) -> Sequence[Entity]:
        found: list[Entity] = []
        client = self._table(table)
        with translated(f"query table {table!r}"), contextlib.suppress(ResourceNotFoundError):
            entities = client.query_entities(condition) if condition else client.list_entities()
            async for entity in entities:
                found.append(_plain(entity))
                if len(found) == limit:
                    break
        return found

    async def add(self, table: str, entities: Sequence[Mapping[str, object]]) -> None:
        client = self._table(table)
        with translated(f"add to table {table!r}"):
            for batch in _batches(entities):
                try:
                    await client.submit_transaction(batch)
                except HttpResponseError as error:
                    if error.status_code != 404:
                        raise
                    with contextlib.suppress(ResourceExistsError):
                        await client.create_table()
                    await client.submit_transaction(batch)

    async def close(self) -> None:
        await self._service.close()

    def _table(self, name: str) -> Any:
        return self._service.client.get_table_client(name)


def _batches(entities: Iterable[Mapping[str, object]]) -> Iterator[list[Any]]:
    """Operations of one partition each, never two for one row, as the service wants them."""
    partitions: dict[object, list[Mapping[str, object]]] = {}
    for entity in entities:
        partitions.setdefault(entity["PartitionKey"], []).append(entity)
    for members in partitions.values():
        batch: dict[object, Any] = {}
        for entity in members:
            if entity["RowKey"] in batch or len(batch) == _MOST_AT_ONCE:
                yield list(batch.values())
                batch = {}
            batch[entity["RowKey"]] = _operation(entity)
        yield list(batch.values())


def _operation(entity: Mapping[str, object]) -> tuple[Any, ...]:
    """An entity is added; one that says that any version of it may be there replaces it."""
    properties = {key: _stored(value) for key, value in entity.items() if value is not None and key != _ETAG}
    if entity.get(_ETAG) == "*":
        return ("upsert", properties, {"mode": "replace"})
    return ("create", properties)


def _stored(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, int) and not isinstance(value, bool) and value not in _INT32:
        return EntityProperty(value, EdmType.INT64)
    return value


def _plain(entity: Mapping[str, Any]) -> Entity:
    """The entity as JSON can say it, its keys first."""
    keys = ("PartitionKey", "RowKey")
    ordered = itertools.chain(keys, (key for key in entity if key not in keys))
    return {key: _json_value(entity[key]) for key in ordered}


def _json_value(value: Any) -> object:
    if isinstance(value, EntityProperty):
        value = value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
