"""The outbox: nothing is lost, nothing is sent twice where that shows, and people learn what did not work."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace

from remediations.message import Message, State
from remediations.model import Notice, Told
from remediations.outbox import Left, Outbox, Tried
from remediations.ports import Accepted, Dead, Deliver, Delivery, Later, Unsure
from remediations.restraint import Manners
from tests.memory import Clock, Crash, Fuse, MemoryQueue, MemoryTable
from tests.remediations.notices import MENDED, NEEDS_YOU
from tests.worlds import restraint


class Post:
    """A channel that answers what it is told to, and accepts once it is told nothing more."""

    def __init__(
        self,
        name: str,
        answers: Iterable[Delivery | Exception] = (),
        *,
        desk: bool = False,
        repeatable: bool = False,
        during: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.desk = desk
        self.repeatable = repeatable
        self.got: list[tuple[str, Notice]] = []
        self._answers = iter(answers)
        self._during = during

    def send(self, message_id: str, notice: Notice) -> Delivery:
        self.got.append((message_id, notice))
        self._during()
        match next(self._answers, Accepted(f"{self.name}-1")):
            case Exception() as surprise:
                raise surprise
            case delivery:
                return delivery

    @property
    def arrived(self) -> int:
        """How many messages people find there: a repeatable channel shows each once."""
        return len({message for message, _ in self.got}) if self.repeatable else len(self.got)


class World:
    """An outbox with its table, queue and clock, and everything that drives it."""

    def __init__(
        self, *channels: Post, table: MemoryTable[Message] | None = None, manners: Manners | None = None
    ) -> None:
        self.clock = Clock()
        self.table = table or MemoryTable(Message)
        self.queue = MemoryQueue(self.clock)
        self.channels = {channel.name: channel for channel in channels}
        held = restraint(self.table, self.clock, manners)
        self.outbox = Outbox(self.table, self.queue, self.channels, self.clock, held)
        self.tried: list[Tried] = []

    def work(self) -> None:
        """Carry out every command whose time has come, and those that this brings."""
        while commands := self.queue.take():
            for command in commands:
                assert isinstance(command, Deliver)
                came = self.outbox.deliver(command.message)
                if isinstance(came, Tried):
                    self.tried.append(came)

    def sweep(self) -> None:
        """What the timer does."""
        for message in tuple(self.outbox.due(self.clock())):
            self.queue.send(Deliver(message.id))

    def live(self, *, minutes: int) -> None:
        """Let time pass, with a sweep every minute."""
        for _ in range(minutes):
            self.clock.advance(60)
            self.sweep()
            self.work()

    def states(self) -> dict[str, State]:
        return {m.channel: m.state for m in self.outbox.history(NEEDS_YOU.incident)}


def test_a_notice_is_sent_once_through_each_channel() -> None:
    teams, email = Post("teams"), Post("email")
    world = World(teams, email)
    posted = world.outbox.post(MENDED)
    world.work()
    assert [message.channel for message in posted] == ["teams", "email"]
    assert [notice for _, notice in (*teams.got, *email.got)] == [MENDED, MENDED]
    assert [tried.told for tried in world.tried] == [
        Told(message=posted[0].id, channel="teams", result="accepted: teams-1"),
        Told(message=posted[1].id, channel="email", result="accepted: email-1"),
    ]
    assert world.queue.commands == ()
    assert world.outbox.undelivered() == ()


def test_a_notice_goes_only_where_it_is_sent() -> None:
    teams, email = Post("teams"), Post("email")
    world = World(teams, email)
    world.outbox.post(MENDED, ("email",))
    world.work()
    assert (teams.got, len(email.got)) == ([], 1)


def test_a_finished_message_is_never_posted_again() -> None:
    teams = Post("teams")
    world = World(teams)
    world.outbox.post(MENDED)
    world.work()
    assert world.outbox.post(MENDED) == ()
    world.live(minutes=10)
    assert len(teams.got) == 1


def test_a_message_that_is_posted_twice_is_sent_once() -> None:
    teams = Post("teams")
    world = World(teams)
    world.outbox.post(MENDED)
    assert world.outbox.post(replace(MENDED, title="told a little differently")) == ()
    world.work()
    assert [notice.title for _, notice in teams.got] == [MENDED.title]


def test_a_command_that_comes_twice_sends_once() -> None:
    teams = Post("teams")
    world = World(teams)
    (message,) = world.outbox.post(MENDED)
    assert isinstance(world.outbox.deliver(message.id), Tried)
    assert world.outbox.deliver(message.id) == Left("it is finished, or was never posted")
    assert len(teams.got) == 1


class SameMoment(MemoryTable[Message]):
    """A table to which two workers write only when both of them have read it."""

    def __init__(self) -> None:
        super().__init__(Message)
        self._both = threading.Barrier(2)

    def replace(self, partition: str, key: str, value: Message, version: str) -> bool:
        self._both.wait(timeout=10)
        return super().replace(partition, key, value, version)


def test_two_workers_never_both_send() -> None:
    teams = Post("teams", during=lambda: time.sleep(0.05))
    world = World(teams, table=SameMoment())
    (message,) = world.outbox.post(MENDED)
    with ThreadPoolExecutor() as workers:
        came = list(workers.map(world.outbox.deliver, [message.id] * 2))
    assert len(teams.got) == 1
    assert Left("another has it") in came


def test_a_worker_that_was_thought_dead_does_not_undo_what_another_wrote() -> None:
    world = World(Post("email", repeatable=True))

    def freeze() -> None:
        if len(email.got) == 1:
            world.clock.advance(120)
            world.outbox.deliver(message.id)

    email = Post("email", [Later(600, "second"), Later(30, "first")], repeatable=True, during=freeze)
    world.channels["email"] = email
    (message,) = world.outbox.post(MENDED)
    world.outbox.deliver(message.id)
    assert [(m.why, m.next_at) for m in world.outbox.pending()] == [
        ("second", world.clock() + timedelta(seconds=600))
    ]


def test_many_messages_and_many_workers_and_each_is_sent_once() -> None:
    teams = Post("teams")
    world = World(teams)
    notices = [replace(MENDED, step=f"step-{n}") for n in range(20)]
    messages = [message for notice in notices for message in world.outbox.post(notice)]
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(world.outbox.deliver, [message.id for message in messages] * 8))
    assert sorted(message for message, _ in teams.got) == sorted(message.id for message in messages)


def test_a_channel_that_asks_to_wait_is_left_alone_for_that_long() -> None:
    teams = Post("teams", [Later(120, "it answered 429")])
    world = World(teams)
    world.outbox.post(MENDED)
    world.work()
    (waiting,) = world.outbox.pending()
    assert (waiting.state, waiting.why) == (State.WAITING, "it answered 429")
    assert waiting.next_at == world.clock() + timedelta(seconds=120)
    assert isinstance(world.outbox.deliver(waiting.id), Left)
    world.clock.advance(119)
    world.work()
    assert len(teams.got) == 1
    world.clock.advance(2)
    world.work()
    assert len(teams.got) == 2
    assert world.outbox.pending() == ()


def test_nobody_waits_longer_than_an_hour() -> None:
    world = World(Post("teams", [Later(86_400, "it answered 429")]))
    world.outbox.post(MENDED)
    world.work()
    assert world.outbox.pending()[0].next_at == world.clock() + timedelta(hours=1)


def test_nobody_hammers_a_channel_that_asks_for_a_second() -> None:
    world = World(Post("teams", [Later(0, "it answered 503")]))
    world.outbox.post(MENDED)
    world.work()
    assert world.outbox.pending()[0].next_at == world.clock() + timedelta(seconds=30)


def test_what_a_dead_channel_did_not_take_the_other_one_tells() -> None:
    teams, email = Post("teams", [Dead("it answered 404 (Not Found)")]), Post("email")
    world = World(teams, email)
    world.outbox.post(MENDED, ("teams",))
    world.work()
    assert email.got[0][1] == replace(
        MENDED,
        paragraphs=(
            (
                "“teams” did not take this message: it answered 404 (Not Found). "
                "Please have a look at that channel, too."
            ),
            *MENDED.paragraphs,
        ),
    )
    (dead,) = world.outbox.undelivered()
    assert (dead.state, dead.why, dead.then) == (State.DEAD, "it answered 404 (Not Found)", "email")
    assert [tried.told.result for tried in world.tried] == [
        "dead: it answered 404 (Not Found); told by email instead",
        "accepted: email-1",
    ]


def test_the_third_time_of_later_is_once_too_often() -> None:
    teams, email = Post("teams", [Later(60, "it answered 503")] * 3), Post("email")
    world = World(teams, email)
    world.outbox.post(MENDED, ("teams",))
    world.work()
    world.live(minutes=10)
    assert len(teams.got) == 3
    assert len(email.got) == 1
    assert world.outbox.undelivered()[0].why == "given up after 3 attempts: it answered 503"


def test_when_every_channel_is_dead_the_message_stays_to_be_seen() -> None:
    world = World(Post("teams", [Dead("no")] * 9), Post("email", [Dead("no, either")] * 9))
    world.outbox.post(NEEDS_YOU)
    world.work()
    world.live(minutes=30)
    dead = world.outbox.undelivered()
    assert {(m.channel, m.instead_of, m.then) for m in dead} == {
        ("teams", (), "email"),
        ("email", (), "teams"),
        ("teams", ("email",), None),
        ("email", ("teams",), None),
    }
    assert {message.state for message in dead} == {State.DEAD}
    assert world.outbox.pending() == ()


def test_a_channel_that_breaks_spoils_no_other_and_shows_no_secret() -> None:
    teams = Post("teams", [RuntimeError("https://contoso.example/?sig=secret")])
    email = Post("email")
    world = World(teams, email)
    world.outbox.post(MENDED)
    world.work()
    assert len(email.got) == 2
    (unknown,) = world.outbox.undelivered()
    assert unknown.why.startswith("RuntimeError at test_outbox.py:")
    assert "secret" not in str(world.outbox.history(MENDED.incident))


def test_a_lost_answer_is_not_sent_again_where_it_would_show_twice() -> None:
    teams, email = Post("teams", [Unsure("no answer came")]), Post("email")
    world = World(teams, email)
    world.outbox.post(MENDED, ("teams",))
    world.work()
    world.live(minutes=10)
    assert len(teams.got) == 1
    assert world.outbox.undelivered()[0].state is State.UNKNOWN
    assert email.got[0][1].paragraphs[0] == (
        "This may have reached “teams” already, nobody can tell: no answer came."
    )


def test_a_lost_answer_is_asked_for_again_where_twice_is_once() -> None:
    email = Post("email", [Unsure("no answer came")], repeatable=True)
    world = World(email)
    world.outbox.post(MENDED)
    world.work()
    world.live(minutes=10)
    assert (len(email.got), email.arrived) == (2, 1)
    assert world.outbox.undelivered() == ()


def crash_while_sending(channel: Post, *others: Post) -> World:
    """A world in which the worker died between sending through the channel and writing down what came of it."""
    world = World(channel, *others)
    (message,) = world.outbox.post(NEEDS_YOU, (channel.name,))
    world.queue.take()
    world.table.fuse = Fuse(after=1)
    with pytest.raises(Crash):
        world.outbox.deliver(message.id)
    world.table.fuse = Fuse()
    return world


def test_what_is_in_flight_is_left_to_its_worker_for_two_minutes() -> None:
    world = crash_while_sending(Post("teams"), Post("email"))
    (message,) = world.outbox.pending()
    world.clock.advance(119)
    assert tuple(world.outbox.due(world.clock())) == ()
    assert world.outbox.deliver(message.id) == Left("it is being sent")
    world.clock.advance(1)
    assert tuple(world.outbox.due(world.clock())) == (message,)


def test_a_crash_in_flight_is_unknown_for_teams_and_email_tells() -> None:
    teams, email = Post("teams"), Post("email")
    world = crash_while_sending(teams, email)
    world.live(minutes=10)
    assert teams.got == []
    assert len(email.got) == 1
    assert world.states() == {"teams": State.UNKNOWN, "email": State.ACCEPTED}


def test_a_crash_in_flight_is_tried_again_where_twice_is_once() -> None:
    email = Post("email", repeatable=True)
    world = crash_while_sending(email)
    world.live(minutes=10)
    assert email.arrived == 1
    assert world.states() == {"email": State.ACCEPTED}


def test_a_message_that_kills_every_worker_is_given_up() -> None:
    def die() -> None:
        raise Crash

    email, teams = Post("email", repeatable=True, during=die), Post("teams")
    world = World(email, teams)
    (message,) = world.outbox.post(NEEDS_YOU, ("email",))
    for _ in range(3):
        with pytest.raises(Crash):
            world.outbox.deliver(message.id)
        world.clock.advance(120)
    world.sweep()
    world.work()
    assert len(email.got) == 3
    assert len(teams.got) == 1
    assert world.states() == {"email": State.UNKNOWN, "teams": State.ACCEPTED}


def test_a_ticket_goes_only_to_a_desk_and_only_with_a_key() -> None:
    desk = Post("azure_devops", desk=True, repeatable=True)
    world = World(desk)
    assert world.outbox.post(MENDED) == ()
    world.outbox.post(NEEDS_YOU)
    world.work()
    assert [notice for _, notice in desk.got] == [NEEDS_YOU]


def test_a_ticket_that_no_desk_takes_goes_by_mail() -> None:
    desk = Post("azure_devops", [Dead("it answered 401 (Unauthorized)")], desk=True)
    teams, email = Post("teams"), Post("email")
    world = World(teams, desk, email)
    world.outbox.post(NEEDS_YOU, ("azure_devops",))
    world.work()
    assert (len(teams.got), len(email.got)) == (0, 1)


def test_a_people_channel_never_falls_back_to_a_desk() -> None:
    desk = Post("azure_devops", desk=True)
    world = World(Post("teams", [Dead("no")]), desk)
    world.outbox.post(NEEDS_YOU, ("teams",))
    world.work()
    assert desk.got == []
    assert world.outbox.undelivered()[0].then is None


def test_a_channel_that_is_not_configured_any_more_is_a_dead_one() -> None:
    email = Post("email")
    world = World(email)
    world.outbox.post(MENDED, ("teams",))
    world.work()
    assert len(email.got) == 1
    assert world.outbox.undelivered()[0].why == "it is not configured"


def test_a_lost_command_is_found_by_the_sweep() -> None:
    teams = Post("teams")
    world = World(teams)
    world.outbox.post(MENDED)
    world.queue.take()
    world.work()
    assert teams.got == []
    world.live(minutes=2)
    assert len(teams.got) == 1


def test_accepted_messages_are_forgotten_after_a_month_and_dead_ones_are_not() -> None:
    world = World(Post("teams", [Dead("no")]), Post("email"))
    world.outbox.post(NEEDS_YOU, ("teams",))
    world.work()
    world.clock.advance(timedelta(days=29))
    world.outbox.prune()
    assert len(world.outbox.history(NEEDS_YOU.incident)) == 2
    world.clock.advance(timedelta(days=2))
    world.outbox.prune()
    assert world.states() == {"teams": State.DEAD}


@pytest.mark.parametrize("repeatable", [False, True])
@pytest.mark.parametrize("answers", [[], [Dead("no")] * 9, [Later(60, "busy")], [Unsure("lost")]])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_wherever_a_worker_dies_people_are_told(
    moment: str, answers: list[Delivery], *, repeatable: bool
) -> None:
    for step in range(1, 12):
        first, other = Post("email", answers, repeatable=repeatable), Post("teams")
        world = World(first, other)
        fuse = Fuse(before=step) if moment == "before" else Fuse(after=step)
        world.table.fuse = world.queue.fuse = fuse
        try:
            world.outbox.post(NEEDS_YOU, ("email",))
            world.work()
        except Crash:
            pass
        world.table.fuse = world.queue.fuse = Fuse()
        world.outbox.post(NEEDS_YOU, ("email",))
        world.live(minutes=15)
        assert world.outbox.pending() == ()
        assert other.arrived <= 1
        assert first.arrived <= 1 + len([answer for answer in answers if isinstance(answer, Later)])
        silent = not other.got and State.ACCEPTED not in world.states().values()
        if silent:
            # Both were in the middle of it: nobody can tell, and that is there to be seen.
            last = world.outbox.undelivered()[-1]
            assert (last.state, last.then) == (State.UNKNOWN, None)
