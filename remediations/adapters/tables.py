"""Rows of one type in an Azure table, written only on condition."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient, UpdateMode

from remediations.adapters.storage import PATIENCE, Storage
from remediations.ports import Row

# A string property holds at most 64 KiB of UTF-16, an entity 1 MiB
# (https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).
# A character beyond the basic plane is two of UTF-16's, so a piece is half as long as it could be.
_PIECE: Final = 16_000
_COLUMN: Final = 500


class AzureTable[T]:
    """A table whose rows are values of one type: the value as JSON, and its plain fields as columns for people."""

    def __init__(self, client: TableClient, kind: type[T]) -> None:
        self._client = client
        self._decoder = msgspec.json.Decoder(kind)

    @classmethod
    def connect(
        cls, storage: Storage, name: str, kind: type[T], credential: Callable[[str], TokenCredential]
    ) -> "AzureTable[T]":
        """The table of that name, by connection string or by identity."""
        if storage.connection_string:
            service = TableServiceClient.from_connection_string(storage.connection_string, **PATIENCE)
        else:
            identity = credential(storage.client_id)
            service = TableServiceClient(storage.table_uri, credential=identity, **PATIENCE)
        return cls(service.get_table_client(name), kind)

    def insert(self, partition: str, key: str, value: T) -> bool:
        """Whether the row is new now; False if there was one already."""
        try:
            self._create(_entity(partition, key, value))
        except ResourceExistsError:
            return False
        return True

    def read(self, partition: str, key: str) -> Row[T] | None:
        """The row, or None."""
        try:
            return self._row(self._client.get_entity(partition, key))
        except ResourceNotFoundError:
            return None

    def replace(self, partition: str, key: str, value: T, version: str) -> bool:
        """Whether the row still had that version, and has the value now."""
        try:
            self._client.update_entity(
                _entity(partition, key, value),
                mode=UpdateMode.REPLACE,
                etag=version,
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceModifiedError, ResourceNotFoundError):
            return False
        return True

    def remove(self, partition: str, key: str, version: str = "") -> None:
        """Forget the row, if it is there; with a version, only if it still has that."""
        if not version:
            self._client.delete_entity(partition, key)
            return
        with suppress(ResourceModifiedError):
            self._client.delete_entity(
                partition, key, etag=version, match_condition=MatchConditions.IfNotModified
            )

    def rows(self, partition: str) -> Iterator[tuple[str, Row[T]]]:
        """Every row of the partition with its key, in the order of the keys."""
        for entity in self._found("PartitionKey eq @partition", partition=partition):
            yield str(entity["RowKey"]), self._row(entity)

    def since(self, partition: str, at: datetime, *fields: str) -> Iterator[T]:
        """The values of a partition that name a time of `at` or later in one of these fields, to the second.

        The service compares the columns, and so sends nothing else. Times in UTC stand in them as text that sorts
        as they do, if what they are compared with ends at the seconds.
        """
        # The SDK puts a parameter in only where spaces stand around it.
        late = " or ".join(f"{field} ge @at" for field in fields)
        time = f"{at:%Y-%m-%dT%H:%M:%S}"
        for entity in self._found(f"PartitionKey eq @partition and ( {late} )", partition=partition, at=time):
            yield self._row(entity).value

    def _found(self, condition: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        try:
            yield from self._client.query_entities(condition, parameters=parameters)
        except ResourceNotFoundError:
            return

    def _create(self, entity: dict[str, Any]) -> None:
        try:
            self._client.create_entity(entity)
        except ResourceNotFoundError:
            self._make_table()
            self._client.create_entity(entity)

    def _make_table(self) -> None:
        """Tables are made at first use, so that an empty storage account is enough to start with."""
        try:
            self._client.create_table()
        except ResourceExistsError:
            return

    def _row(self, entity: Mapping[str, Any]) -> Row[T]:
        pieces = [str(entity[f"json{number}"]) for number in range(int(entity["pieces"]))]
        version = str(entity.metadata["etag"])  # type: ignore[attr-defined]
        return Row(self._decoder.decode("".join(pieces)), version)


def _entity(partition: str, key: str, value: object) -> dict[str, Any]:
    text = msgspec.json.encode(value).decode()
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    body = {f"json{number}": piece for number, piece in enumerate(pieces)}
    return {
        **_columns(value),
        **body,
        "pieces": len(pieces),
        "PartitionKey": partition,
        "RowKey": key,
    }


def _columns(value: object) -> dict[str, str | int | bool]:
    """The value's plain fields, so that an operator can read and filter the table in any storage browser."""
    plain = msgspec.to_builtins(value)
    if not isinstance(plain, dict):
        return {}
    return {
        name: field[:_COLUMN] if isinstance(field, str) else field
        for name, field in plain.items()
        if isinstance(field, str | bool)
    }
