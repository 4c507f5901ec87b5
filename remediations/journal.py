"""What happened, in order and for good: append-only records, each carrying the digest of the one before."""

from collections.abc import Callable, Iterable
from typing import Final

from checks.model import Clock
from remediations.model import Entry, Record
from remediations.ports import Table

_BEGINNING: Final = "0" * 64


def _to_nobody(_: str) -> None:
    """Nobody keeps an audit elsewhere."""


class Journal:
    """Every incident's records. Records are only ever inserted, and `announce` hears of each right before."""

    def __init__(
        self, table: Table[Record], clock: Clock, announce: Callable[[str], None] = _to_nobody
    ) -> None:
        self._table = table
        self._clock = clock
        self._announce = announce

    def read(self, incident: str) -> tuple[Record, ...]:
        """The incident's records in the order in which they were written."""
        return tuple(row.value for _, row in self._table.rows(incident))

    def of(self, incident: str) -> "Story":
        """The incident's journal, open for writing."""
        return Story(self._table, self._clock, incident, self._announce)

    def broken_at(self, incident: str) -> int | None:
        """The first record that does not follow from the one before it, or None if the past is as written."""
        return broken_at(self.read(incident))


def broken_at(records: Iterable[Record]) -> int | None:
    """The first record that does not follow from the one before it, or None if the past is as written."""
    prev = _BEGINNING
    for place, record in enumerate(records, start=1):
        if record.seq != place or record.prev != prev or record.sealed().digest != record.digest:
            return place
        prev = record.digest
    return None


class Story:
    """One incident's journal. A step that was written before is not written again, unless it went differently."""

    def __init__(
        self, table: Table[Record], clock: Clock, incident: str, announce: Callable[[str], None]
    ) -> None:
        self._table = table
        self._clock = clock
        self._incident = incident
        self._announce = announce
        self._known: dict[str, Record] | None = None

    def find(self, key: str) -> Entry | None:
        """What was written of this step, the first time that it was."""
        record = self._load().get(key)
        return record.entry if record else None

    def write(self, key: str, entry: Entry) -> Record:
        """The record of this step: written now, unless just this already was."""
        first, turn = key, 1
        while True:
            known = self._load()
            if key in known and known[key].entry == entry:
                return known[key]
            if key in known:
                turn += 1
                key = f"{first}~{turn}"
                continue
            last = max(known.values(), key=lambda record: record.seq, default=None)
            record = Record(
                seq=last.seq + 1 if last else 1,
                key=key,
                at=self._clock(),
                entry=entry,
                prev=last.digest if last else _BEGINNING,
            ).sealed()
            self._announce(self._incident)
            if self._table.insert(self._incident, f"{record.seq:06}", record):
                known[key] = record
                return record
            self._known = None

    def _load(self) -> dict[str, Record]:
        if self._known is None:
            rows = self._table.rows(self._incident)
            self._known = {row.value.key: row.value for _, row in rows}
        return self._known
