"""One look at the bot's tables: what it reads, and that it never reads more than people look at."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import override

from msgspec.structs import replace

from checks.incident import Incident, State, opened
from checks.model import LockLevel
from remediations.journal import Journal
from remediations.message import Message
from remediations.message import State as Sent
from remediations.model import Notice, Record, Seen, Severity, Stage
from remediations.outbox import Outbox
from remediations.overview import Survey
from remediations.storage_history import StorageDay, StorageHistory
from remediations.surveying import MOST_INCIDENTS, MOST_MESSAGES, MOST_STORIES, Surveyor
from tests.memory import START, MemoryTable
from tests.overviews import grown
from tests.worlds import CONTOSO, Bot, asking, push_refused, restraint

HOUR = timedelta(hours=1)


def surveyor(bot: Bot, storage: MemoryTable[StorageDay] | None = None) -> Surveyor:
    return Surveyor(
        registries=bot.medic.registries,
        incidents=bot.medic.incidents,
        journal=bot.journal,
        ledger=bot.ledger,
        approvals=bot.approvals,
        outbox=bot.medic.outbox,
        pauses=bot.pauses,
        storage=StorageHistory(storage or MemoryTable(StorageDay)),
        clock=bot.clock,
    )


def look(bot: Bot) -> Survey:
    return surveyor(bot).look()


def incident(bot: Bot, number: int, ago: timedelta) -> Incident:
    """An incident about some image, that long ago, straight into the table."""
    signal = push_refused(bot.clock() - ago, id=f"{number}")
    key = f"{number:012x}"
    row = replace(opened(signal, bot.clock() - ago), fingerprint=key, state=State.CLOSED)
    bot.rows.insert(CONTOSO.name, key, row)
    return row


def test_a_look_finds_what_the_bot_has_written() -> None:
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    seen = look(bot)
    assert [one.id for one in seen.incidents] == [bot.incident.id]
    assert [one.incident for one in seen.episodes] == [bot.incident.id]
    assert [one.stage for one in seen.commitments] == [Stage.VERIFIED]
    assert [one.state for one in seen.messages] == [Sent.ACCEPTED]
    assert (seen.channels, seen.pauses, seen.approvals) == (("people",), {}, [])
    assert (seen.at, seen.since) == (START, START - timedelta(days=30))


def test_a_look_finds_what_waits_for_an_answer_and_who_paused_it() -> None:
    bot = Bot(asking())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    bot.pauses.pause(CONTOSO.name, "a release", "ann")
    seen = look(bot)
    assert [one.incident for one in seen.approvals] == [bot.incident.id]
    assert [paused.why for paused in seen.pauses.values()] == ["a release"]
    bot.clock.advance(timedelta(hours=24))
    assert look(bot).approvals == []


def test_a_look_finds_how_full_a_registry_is() -> None:
    table = MemoryTable(StorageDay)
    history = StorageHistory(table)
    days = grown()["contosoml"]
    for day in days:
        history.keep(CONTOSO.name, day)
    assert surveyor(Bot(), table).look().storage == {CONTOSO.name: days}


def test_a_look_changes_nothing() -> None:
    bot = Bot(asking())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    before = (bot.rows._rows, bot.records._rows, bot.messages._rows, bot.asked._rows)
    copies = tuple(dict(table) for table in before)
    look(bot)
    assert tuple(map(dict, before)) == copies
    assert bot.queue.commands == ()


def test_what_is_older_than_thirty_days_is_not_read() -> None:
    bot = Bot()
    incident(bot, 1, timedelta(days=31))
    new = incident(bot, 2, timedelta(days=29))
    assert [one.id for one in look(bot).incidents] == [new.id]


def test_the_window_narrows_until_what_is_in_it_can_be_shown() -> None:
    bot = Bot()
    for number in range(MOST_INCIDENTS + 1):
        incident(bot, number, timedelta(days=10))
    recent = {incident(bot, 5000 + number, 2 * HOUR).id for number in range(3)}
    seen = look(bot)
    assert seen.since == START - timedelta(days=7)
    assert {one.id for one in seen.incidents} == recent


def test_in_a_storm_no_more_is_read_than_the_bounds_say() -> None:
    bot = Bot()
    for number in range(MOST_INCIDENTS + 500):
        incident(bot, number, timedelta(minutes=10))
    journal = Counted(bot)
    seen = dataclasses.replace(surveyor(bot), journal=journal).look()
    assert seen.since == START - HOUR
    assert len(seen.incidents) == MOST_INCIDENTS
    assert len(journal.were_read) == MOST_STORIES


class Counted(Journal):
    """Knows which journals were read."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot.records, bot.clock)
        self.were_read: list[str] = []

    @override
    def read(self, incident: str) -> tuple[Record, ...]:
        self.were_read.append(incident)
        return super().read(incident)


def test_the_journals_of_the_latest_incidents_are_read() -> None:
    bot = Bot()
    for number in range(MOST_STORIES + 20):
        signal = push_refused(bot.clock() - number * HOUR, id=f"{number}")
        one = incident(bot, number, number * HOUR)
        bot.journal.of(one.id).write("seen", Seen(signal))
    seen = look(bot)
    assert len(seen.incidents) == MOST_STORIES + 20
    assert len(seen.episodes) == MOST_STORIES
    assert min(one.began_at for one in seen.episodes) == START - (MOST_STORIES - 1) * HOUR


class Endless(Outbox):
    """More messages than anybody reads."""

    read = 0

    @override
    def since(self, at: datetime) -> Iterator[Message]:
        notice = Notice("contoso-000000000000-1", "x", Severity.INFO, "x", at, ())
        while True:
            self.read += 1
            yield Message("m", "people", notice, at, at)


def test_of_messages_no_more_are_read_than_the_bounds_say() -> None:
    bot = Bot()
    endless = Endless(bot.messages, bot.queue, {}, bot.clock, restraint(bot.messages, bot.clock))
    seen = dataclasses.replace(surveyor(bot), outbox=endless).look()
    assert len(seen.messages) == MOST_MESSAGES
    assert endless.read == 3 * (MOST_MESSAGES + 1)
