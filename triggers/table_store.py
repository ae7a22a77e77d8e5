"""What a storage account has to do for table bindings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

Entity = dict[str, object]
"""An entity as JSON has it, with its PartitionKey and RowKey."""


class TableStore(Protocol):
    """The tables of an account; every method raises SourceUnavailable when it cannot be reached."""

    async def get(self, table: str, partition: str, row: str) -> Entity | None:
        """The entity of those keys; None when there is none."""
        ...

    async def query(self, table: str, condition: str, limit: int | None) -> Sequence[Entity]:
        """The entities that an OData filter finds, every one of them when it is empty; none of a missing table."""
        ...

    async def add(self, table: str, entities: Sequence[Mapping[str, object]]) -> None:
        """Add the entities, making the table if it is missing; those of one partition all at once or not at all."""
        ...

    async def close(self) -> None: ...
