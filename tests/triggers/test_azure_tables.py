"""triggers.azure_tables; tests/integration/test_table_azurite.py runs it on a real account"""

from datetime import UTC, datetime

import pytest
from azure.data.tables import EdmType, EntityProperty

from tests.contract.connections import account
from triggers.azure_tables import AzureTables, _batches, _plain
from triggers.errors import SourceUnavailable


def entity(partition: str, row: str, **properties) -> dict:
    return {"PartitionKey": partition, "RowKey": row, **properties}


def test_batches_are_of_one_partition_with_distinct_rows_and_at_most_a_hundred():
    entities = [entity("a", "1"), entity("b", "1"), entity("a", "1"), *(entity("c", str(n)) for n in range(101))]
    sizes = [(batch[0][1]["PartitionKey"], len(batch)) for batch in _batches(entities)]
    assert sizes == [("a", 1), ("a", 1), ("b", 1), ("c", 100), ("c", 1)]


def test_values_are_stored_as_the_service_has_them():
    ((operation,),) = _batches([entity("a", "1", big=2**40, small=1, yes=True, part={"x": [1]}, none=None)])
    kind, stored = operation
    assert kind == "create"
    assert stored == entity("a", "1", big=EntityProperty(2**40, EdmType.INT64), small=1, yes=True, part='{"x": [1]}')


def test_any_version_is_replaced():
    (((kind, stored, mode),),) = _batches([entity("a", "1", **{"odata.etag": "*"})])
    assert (kind, stored, mode) == ("upsert", entity("a", "1"), {"mode": "replace"})


def test_values_are_read_as_json_has_them():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    raw = {"n": EntityProperty(2**40, EdmType.INT64), "b": b"x", "t": moment, **entity("a", "1")}
    assert _plain(raw) == entity("a", "1", n=2**40, b="eA==", t="2026-01-01T00:00:00+00:00")
    assert list(_plain(raw))[:2] == ["PartitionKey", "RowKey"]


@pytest.mark.real_time
async def test_an_account_that_is_not_there_is_unavailable():
    text = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:9/a;"
    tables = AzureTables(account(text))
    with pytest.raises(SourceUnavailable, match="query table 'items'"):
        await tables.query("items", "", 1)
    await tables.close()
