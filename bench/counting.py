"""Tables and a queue in memory that count the calls which Azure would get."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from remediations.ports import Command, Row


class CountingTable[T]:
    """Rows of one type. It costs next to nothing, so that what is timed is the bot."""

    def __init__(self, calls: Counter[str]) -> None:
        self._calls = calls
        self._rows: defaultdict[str, dict[str, Row[T]]] = defaultdict(dict)

    def insert(self, partition: str, key: str, value: T) -> bool:
        self._calls["table"] += 1
        rows = self._rows[partition]
        return rows.setdefault(key, row := Row(value, "1")) is row

    def read(self, partition: str, key: str) -> Row[T] | None:
        self._calls["table"] += 1
        return self._rows[partition].get(key)

    def replace(self, partition: str, key: str, value: T, version: str) -> bool:
        self._calls["table"] += 1
        row = self._rows[partition].get(key)
        if row is None or row.version != version:
            return False
        self._rows[partition][key] = Row(value, f"{int(version) + 1}")
        return True

    def remove(self, partition: str, key: str, version: str = "") -> None:
        del version
        self._calls["table"] += 1
        self._rows[partition].pop(key, None)

    def rows(self, partition: str) -> Iterator[tuple[str, Row[T]]]:
        self._calls["table"] += 1
        return iter(sorted(self._rows[partition].items()))

    def since(self, partition: str, at: datetime, *fields: str) -> Iterator[T]:
        self._calls["table"] += 1
        values = (row.value for row in self._rows[partition].values())
        return (value for value in values if any(getattr(value, field) >= at for field in fields))


class CountingQueue:
    """Takes every command, and forgets it."""

    def __init__(self, calls: Counter[str]) -> None:
        self._calls = calls

    def send(self, command: Command, delay: timedelta = timedelta()) -> None:  # noqa: ARG002 - the port's names
        self._calls["queue"] += 1
