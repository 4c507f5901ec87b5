"""What could not be used, kept where operators look: one row for each kind and day, with a count and an example."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.model import Clock, Rejection, Value
from remediations.ports import Table

_SHOWN_DAYS: Final = 30
# A flood of different rubbish must not become a flood of rows.
_KINDS_PER_CALL: Final = 50


class Kept(Value, frozen=True):
    """One kind of rejection on one day."""

    rejection: Rejection
    count: int
    first_at: datetime
    last_at: datetime


class Rejected:
    """The rows of rejections."""

    def __init__(self, table: Table[Kept], clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def keep(self, rejections: Iterable[Rejection]) -> None:
        """Count the rejections. Those alike but for their excerpt are one kind, and keep their first excerpt."""
        counted: Counter[str] = Counter()
        examples: dict[str, Rejection] = {}
        for rejection in rejections:
            kind = _kind(rejection)
            if kind not in examples and len(examples) >= _KINDS_PER_CALL:
                rejection = Rejection(  # noqa: PLW2901
                    source=rejection.source, reason="many_kinds", detail="more kinds than are kept apart"
                )
                kind = _kind(rejection)
            counted[kind] += 1
            examples.setdefault(kind, rejection)
        for kind, count in counted.items():
            self._count(kind, examples[kind], count)

    def recent(self) -> tuple[Kept, ...]:
        """What was rejected in the last 30 days, the latest first."""
        today = self._clock()
        days = (f"{today - timedelta(days=ago):%Y-%m-%d}" for ago in range(_SHOWN_DAYS))
        kept = [row.value for day in days for _, row in self._table.rows(day)]
        return tuple(sorted(kept, key=lambda one: one.last_at, reverse=True))

    def _count(self, kind: str, example: Rejection, count: int) -> None:
        now = self._clock()
        day = f"{now:%Y-%m-%d}"
        while True:
            row = self._table.read(day, kind)
            if row is None:
                fresh = Kept(rejection=example, count=count, first_at=now, last_at=now)
                if self._table.insert(day, kind, fresh):
                    return
                continue
            more = replace(row.value, count=row.value.count + count, last_at=now)
            if self._table.replace(day, kind, more, row.version):
                return


def _kind(rejection: Rejection) -> str:
    same = f"{rejection.source}\n{rejection.reason}\n{rejection.detail}"
    return hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()[:16]
