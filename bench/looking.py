"""One look at everything: what it takes while the bot remembers few incidents, and while it remembers ten thousand."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final, NoReturn

from azure.core.exceptions import ResourceExistsError, ServiceResponseError
from azure.data.tables import TableServiceClient
from msgspec.structs import replace

from bench.table import table
from checks.incident import Incident
from remediations.adapters.storage import Storage
from remediations.adapters.tables import AzureTable
from remediations.approvals import Approval, Approvals
from remediations.incidents import Incidents
from remediations.incidents_page import Links, overview_page
from remediations.journal import Journal
from remediations.ledger import Ledger
from remediations.message import Message
from remediations.model import Commitment, Record
from remediations.outbox import Outbox
from remediations.overview import Survey, overview
from remediations.pacing import Pacing, Sent
from remediations.pauses import Paused, Pauses
from remediations.restraint import Manners, Restraint
from remediations.storage_history import StorageDay, StorageHistory
from remediations.surveying import Surveyor
from tests.host.azurite import azurite
from tests.memory import Clock, MemoryQueue
from tests.overviews import AT, REGISTRIES, Past, busy
from tests.worlds import ANN

MANY: Final = (50, 1_000, 10_000)
_REPETITIONS: Final = 5
_AT_ONCE: Final = 8
_TRIES: Final = 5
_MONTH: Final = timedelta(days=29)
# Multiples of it, without their whole part, are spread evenly however many there are.
_GOLDEN: Final = 0.6180339887
# No look goes into the others.
_WITH_JOURNALS: Final = 1_000
_LATELY: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Look:
    """What one look took, in seconds from the first read to the page and of this process alone, and what it read."""

    incidents: int
    seconds: float
    cpu: float
    rows: int
    journals: int
    days: float
    page_kib: float


def measure(many: Sequence[int] = MANY, repetitions: int = _REPETITIONS) -> tuple[Look, ...]:
    """The same look while the account holds more and more incidents, all of one month."""
    with azurite() as account:
        past, there, found = busy(), 0, []
        surveyor = _surveyor(account)
        for incidents in many:
            _fill(account, past, range(there, incidents))
            there = incidents
            found.append(_look(surveyor, incidents, repetitions))
        return tuple(found)


def _look(surveyor: Surveyor, incidents: int, repetitions: int) -> Look:
    took, worked, seen, size = [], [], surveyor.look(), 0
    for _ in range(repetitions):
        begun, busy_since = time.perf_counter(), time.process_time()
        seen = surveyor.look()
        size = len(overview_page(overview(seen), ANN, Links()).html.encode())
        took.append(time.perf_counter() - begun)
        worked.append(time.process_time() - busy_since)
    return Look(
        incidents,
        median(took),
        median(worked),
        len(seen.incidents),
        len(seen.episodes),
        _days(seen),
        size / 1024,
    )


def _days(seen: Survey) -> float:
    return (seen.at - seen.since) / timedelta(days=1)


def _surveyor(account: str) -> Surveyor:
    def of[T](name: str, kind: type[T]) -> AzureTable[T]:
        return AzureTable.connect(Storage(connection_string=account), name, kind, _nobody)

    clock = Clock(AT)
    queue, journal = MemoryQueue(clock), Journal(of("journal", Record), clock)
    messages = of("outbox", Message)
    restraint = Restraint(messages, clock, Pacing(of("paces", Sent), clock), Manners())
    return Surveyor(
        registries=REGISTRIES,
        incidents=Incidents(of("incidents", Incident), journal, queue, clock),
        journal=journal,
        ledger=Ledger(of("changes", Commitment), clock),
        approvals=Approvals(of("approvals", Approval), queue, clock),
        outbox=Outbox(messages, queue, {}, clock, restraint),
        pauses=Pauses(of("pauses", Paused), clock),
        storage=StorageHistory(of("storage", StorageDay)),
        clock=clock,
    )


def _nobody(_: str) -> NoReturn:
    raise AssertionError("a connection string needs no identity")


def _fill(account: str, past: Past, numbers: range) -> None:
    """More incidents, each one of a busy month's, spread over a month; with journals where one is looked into."""
    journal = AzureTable.connect(Storage(connection_string=account), "journal", Record, _nobody)
    rows = AzureTable.connect(Storage(connection_string=account), "incidents", Incident, _nobody)

    def put(number: int) -> None:
        told = past.incidents[number % len(past.incidents)]
        age = _MONTH * (number * _GOLDEN % 1)
        at = AT - age
        row = replace(told, fingerprint=f"{number:012x}", opened_at=at, moved_at=at, last_at=at)
        _insert(rows, row.registry, row.fingerprint, row)
        if number < _WITH_JOURNALS or age < _LATELY:
            for record in past.journals[told.id]:
                _insert(journal, row.id, f"{record.seq:06}", record)

    with TableServiceClient.from_connection_string(account) as service, suppress(ResourceExistsError):
        service.create_table("journal")
        service.create_table("incidents")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(put, numbers))


def _insert[T](rows: AzureTable[T], partition: str, key: str, value: T) -> None:
    """The row is there. Azurite lets go of a connection that was idle for five seconds, at whatever moment."""
    for _ in range(_TRIES):
        with suppress(ServiceResponseError):
            rows.insert(partition, key, value)
            return
    raise AssertionError(f"Azurite takes no row, {_TRIES} times over")


def shown(looks: Sequence[Look]) -> str:
    """The table."""
    head = (
        "incidents in a month",
        "seconds",
        "of CPU",
        "rows read",
        "journals read",
        "days back",
        "page, KiB",
    )
    rows = [
        (
            f"{one.incidents:,}",
            f"{one.seconds:.2f}",
            f"{one.cpu:.2f}",
            f"{one.rows}",
            f"{one.journals}",
            f"{one.days:g}",
            f"{one.page_kib:.0f}",
        )
        for one in looks
    ]
    return table(head, rows)
