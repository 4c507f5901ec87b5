"""Intake of diagnostic rows against `json.loads` of the same bytes, from one row to a hundred thousand."""

import gc
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Final

from bench.counting import CountingQueue, CountingTable
from bench.rows import RESOURCE_ID, bodies
from bench.samples import Spread, ratio, seconds
from bench.table import table
from checks.incident import Incident
from checks.intake.diagnostic_logs import read_bodies
from checks.model import Registry
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.model import Record
from remediations.reception import Reception
from remediations.rejected import Kept, Rejected

SIZES: Final = (1, 10, 100, 1_000, 10_000, 100_000)
AIM_TIMES: Final = 2
_REPETITIONS: Final = 7
# What takes microseconds is timed many times in a row, so that the clock's own grain does not show.
_RECORDS_A_TURN: Final = 2_000
_MESSAGES_IN_A_BATCH: Final = 50  # host.json: maxEventBatchSize
_REGISTRY: Final = Registry(resource_id=RESOURCE_ID, login_server="contoso.azurecr.io")


@dataclass(frozen=True)
class Taken:
    """So many records taken in: seconds to parse, to read, and to read and open incidents; calls to storage."""

    records: int
    size: int
    failures: int
    parsed: Spread
    read: Spread
    times: Spread
    received: Spread
    calls: Mapping[str, int]


def measure() -> tuple[Taken, ...]:
    """Every size with one failure in a hundred, and the largest but one without any."""
    return (*(_measure(size, failing=1) for size in SIZES), _measure(SIZES[-2], failing=0))


def _measure(records: int, failing: int) -> Taken:
    """The three take turns, so that a slow moment of the machine hits all of them."""
    given = bodies(records, failing=failing)
    by_id = {_REGISTRY.key: _REGISTRY}
    times = max(1, _RECORDS_A_TURN // records)
    parsed, read, received = [], [], []
    failures, calls = _received(given)
    for turn in range(_REPETITIONS + 1):
        took = (
            _quietly(lambda: [_parsed(body) for body in given], times),
            _quietly(lambda: read_bodies(given, by_id), times),
            _quietly(lambda: _received(given), times),
        )
        if turn:
            parsed.append(took[0])
            read.append(took[1])
            received.append(took[2])
    return Taken(
        records=records,
        size=sum(map(len, given)),
        failures=failures,
        parsed=Spread.of(parsed),
        read=Spread.of(read),
        times=ratio(read, parsed),
        received=Spread.of(received),
        calls=calls,
    )


def _quietly(work: Callable[[], object], times: int) -> float:
    """Seconds for one time, with the garbage of what was measured before out of the way."""
    gc.collect()
    return seconds(lambda: [work() for _ in range(times)]) / times


def _parsed(body: bytes) -> int:
    """What came of parsing is let go at once, as the bot lets go of it."""
    return len(json.loads(body)["records"])


def _received(given: Sequence[bytes]) -> tuple[int, Counter[str]]:
    """The whole way in, a batch at a time: how many signals there were, and the calls that they cost."""
    calls: Counter[str] = Counter(table=0, queue=0)
    tables = CountingTable[Incident](calls), CountingTable[Record](calls), CountingTable[Kept](calls)
    incidents = Incidents(tables[0], Journal(tables[1], _clock), CountingQueue(calls), _clock)
    rejected = Rejected(tables[2], _clock)
    reception = Reception({_REGISTRY.name: _REGISTRY}, lambda: incidents, lambda: rejected, _clock)
    batches = batched(given, _MESSAGES_IN_A_BATCH, strict=False)
    return sum(len(reception.rows(batch).signals) for batch in batches), calls


def _clock() -> datetime:
    return datetime.now(UTC)


def shown(measured: Sequence[Taken]) -> str:
    """The figures as a table, and whether they meet the aims."""
    head = (
        "records",
        "KiB",
        "failures",
        "json.loads ms",
        "read_bodies ms",
        "times",
        "µs a record",
        "with incidents ms",
        "table calls",
        "queue calls",
    )
    worst = max(one.times.median for one in measured)
    quiet = all(not any(one.calls.values()) for one in measured if not one.failures)
    return (
        f"{table(head, [_shown(one) for one in measured])}\n"
        f"Aim: at most {AIM_TIMES} times at every size: {'met' if worst <= AIM_TIMES else 'MISSED'} "
        f"({worst:.2f} at worst). No call for a record that is no failure: {'met' if quiet else 'MISSED'}."
    )


def _shown(one: Taken) -> tuple[str, ...]:
    return (
        f"{one.records:,}",
        f"{one.size / 1024:,.0f}",
        f"{one.failures:,}",
        one.parsed.shown(unit=0.001, digits=2),
        one.read.shown(unit=0.001, digits=2),
        f"{one.times.median:.2f}",
        f"{one.read.median / one.records * 1e6:.2f}",
        one.received.shown(unit=0.001, digits=2),
        f"{one.calls['table']:,}",
        f"{one.calls['queue']:,}",
    )
