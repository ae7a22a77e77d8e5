"""Table bindings on a real Azurite."""

import json
import uuid

import pytest

from triggers.contract import Binding, BindingContext
from triggers.errors import SourceUnavailable
from triggers.table import table_reader, table_writer

pytestmark = pytest.mark.azurite


class Table:
    """One table that nobody used before."""

    def __init__(self, text: str) -> None:
        self._name, self._settings = f"t{uuid.uuid4().hex}", {"Store": text}

    async def read(self, **options: object) -> object:
        reader = table_reader(self._context("IN", options))
        try:
            return await reader.read({})
        finally:
            await reader.close()

    async def write(self, value: object, **options: object) -> None:
        writer = table_writer(self._context("OUT", options))
        try:
            await writer.write(json.dumps(value), {})
        finally:
            await writer.close()

    def _context(self, direction: str, options: dict) -> BindingContext:
        return BindingContext(binding=self._binding(direction, options), settings=self._settings)

    def _binding(self, direction: str, options: dict) -> Binding:
        options = {"tableName": self._name, "connection": "Store", **options}
        return Binding(type="table", name="t", direction=direction, options=options)


@pytest.fixture
def table(azurite) -> Table:
    return Table(azurite.connection_string)


async def test_an_entity_is_read_as_it_was_added(table):
    assert await table.read(partitionKey="p", rowKey="r") is None
    assert json.loads(await table.read()) == []
    await table.write({"n": 1, "big": 2**40, "x": 1.5, "ok": True, "text": "ü"}, partitionKey="p", rowKey="r")
    assert json.loads(await table.read(partitionKey="p", rowKey="r")) == {
        "PartitionKey": "p", "RowKey": "r", "n": 1, "big": 2**40, "x": 1.5, "ok": True, "text": "ü",
    }  # fmt: skip


async def test_many_are_added_and_some_are_found(table):
    await table.write([{"PartitionKey": f"p{n % 2}", "RowKey": f"{n:03}", "n": n} for n in range(250)])
    assert len(json.loads(await table.read())) == 250
    assert len(json.loads(await table.read(take=7))) == 7
    found = json.loads(await table.read(partitionKey="p1", filter="n lt 6"))
    assert [entity["n"] for entity in found] == [1, 3, 5]


async def test_what_is_there_is_not_overwritten_unless_any_version_may_be(table):
    key = {"PartitionKey": "p", "RowKey": "r"}
    await table.write({**key, "n": 1})
    with pytest.raises(SourceUnavailable, match="409 EntityAlreadyExists"):
        await table.write({**key, "n": 2})
    await table.write({**key, "n": 3, "odata.etag": "*"})
    assert json.loads(await table.read(partitionKey="p", rowKey="r"))["n"] == 3
