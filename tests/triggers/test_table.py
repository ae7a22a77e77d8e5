"""triggers.table"""

import json

import pytest

from triggers.contract import Binding, BindingContext
from triggers.errors import ConnectionNotConfigured, InvalidOptions
from triggers.table import TableReader, TableWriter, table_reader, table_writer


class FakeTables:
    """Tables that note what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.entity: dict | None = {"PartitionKey": "p", "RowKey": "r", "n": 1}

    async def get(self, table, partition, row):
        self.asked.append(("get", table, partition, row))
        return self.entity

    async def query(self, table, condition, limit):
        self.asked.append(("query", table, condition, limit))
        return [self.entity]

    async def add(self, table, entities) -> None:
        self.asked.append(("add", table, list(entities)))

    async def close(self) -> None:
        self.asked.append(("close",))


def binding(**options) -> Binding:
    return Binding(type="table", name="t", direction="IN", options={"tableName": "items", **options})


async def test_one_entity_is_json_and_a_missing_one_is_none():
    tables = FakeTables()
    reader = TableReader(tables, binding(partitionKey="p", rowKey="{id}"))
    assert json.loads(await reader.read({"id": "7"})) == tables.entity
    tables.entity = None
    assert await reader.read({"id": "7"}) is None
    await reader.close()
    assert tables.asked == [("get", "items", "p", "7")] * 2 + [("close",)]


@pytest.mark.parametrize(
    ("options", "condition", "limit"),
    [
        ({}, "", None),
        ({"take": 3}, "", 3),
        ({"filter": "n gt {low}"}, "(n gt 2)", None),
        ({"partitionKey": "o'x", "filter": "n eq 1", "take": "5"}, "PartitionKey eq 'o''x' and (n eq 1)", 5),
    ],
)
async def test_entities_are_queried(options, condition, limit):
    tables = FakeTables()
    assert json.loads(await TableReader(tables, binding(**options)).read({"low": 2})) == [tables.entity]
    assert tables.asked == [("query", "items", condition, limit)]


async def test_an_entity_gets_its_keys_from_the_binding_unless_it_has_them():
    tables = FakeTables()
    writer = TableWriter(tables, binding(partitionKey="p", rowKey="{id}"))
    await writer.open()
    await writer.write('[{"n": 1}, {"partitionkey": "q", "RowKey": 2}]', {"id": "7"})
    first, second = {"n": 1, "PartitionKey": "p", "RowKey": "7"}, {"PartitionKey": "q", "RowKey": "2"}
    assert tables.asked == [("add", "items", [first, second])]


@pytest.mark.parametrize(("value", "error"), [("{}", ValueError), ("[1]", TypeError), (1, TypeError)])
async def test_what_is_no_entity(value, error):
    with pytest.raises(error, match="'t'"):
        await TableWriter(FakeTables(), binding(partitionKey="p")).write(value, {})


@pytest.mark.parametrize("take", ["x", 0, -1])
def test_a_bad_take_is_refused(take):
    with pytest.raises(InvalidOptions, match="take of the table input 't'"):
        TableReader(FakeTables(), binding(take=take))


def test_a_table_needs_a_name_and_an_account():
    with pytest.raises(InvalidOptions, match="has no tableName"):
        table_writer(BindingContext(binding=binding(tableName=""), settings={}))
    with pytest.raises(ConnectionNotConfigured, match="'Store' is not set, but the table input 't'"):
        table_reader(BindingContext(binding=binding(connection="Store"), settings={}))
    with pytest.raises(ConnectionNotConfigured, match="a folder has no tables"):
        table_reader(BindingContext(binding=binding(connection="Store"), settings={"Store": "folder:/x"}))
    assert table_reader(
        BindingContext(binding=binding(connection="Store"), settings={"Store": "UseDevelopmentStorage=true"})
    )
