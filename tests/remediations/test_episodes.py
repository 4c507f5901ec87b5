"""What an incident came to, told by the journal that the bot itself wrote of it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.model import CauseName, LockLevel
from remediations.episodes import Ending, Episode, Mark, episode
from remediations.model import Extended, Failed
from remediations.pauses import EVERY_REGISTRY
from remediations.ports import Undo
from tests.memory import START
from tests.worlds import ANN, FORBIDDEN, Bot, asking, permissive, push_refused


@pytest.fixture
def bot() -> Bot:
    """A bot whose registry has a locked tag."""
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    return bot


def told(bot: Bot) -> Episode:
    found = episode(bot.incident.id, bot.journal.read(bot.incident.id))
    assert found
    return found


def test_without_a_record_there_is_nothing_to_tell() -> None:
    assert episode("contoso-000000000000-1", ()) is None


def test_what_the_bot_mends_alone_is_timed_from_the_first_signal_to_the_verified_change(bot: Bot) -> None:
    bot.report(push_refused(START - timedelta(seconds=50)))
    bot.clock.advance(10)
    bot.work()
    found = told(bot)
    assert (found.ending, found.cause, found.began_at) == (
        Ending.ALONE,
        "locked",
        START - timedelta(seconds=50),
    )
    assert found.mended_at == START + timedelta(seconds=10)
    [action] = found.actions
    assert (action.what, action.outcome, action.mark, action.agreed) == (
        "unlock tag team/app:v1",
        "mended and verified",
        Mark.GOOD,
        "",
    )
    assert action.until == START + timedelta(hours=2, seconds=10)


def test_undoing_changes_what_came_of_the_change_and_not_how_the_incident_went(bot: Bot) -> None:
    bot.refused()
    bot.work()
    [held] = bot.commitments
    bot.carry_out(Undo("contoso", held.id, "ann asked for it"))
    found = told(bot)
    [action] = found.actions
    assert (found.ending, action.outcome, action.mark) == (
        Ending.ALONE,
        "undone, as it was before",
        Mark.QUIET,
    )


def test_what_a_person_agreed_to_is_told_with_the_name(bot: Bot) -> None:
    bot.obey(asking())
    bot.refused()
    bot.work()
    assert told(bot).ending is Ending.UNDER_WAY
    bot.answered(agrees=True)
    bot.work()
    found = told(bot)
    assert (found.ending, found.actions[0].agreed) == (Ending.AGREED, ANN.name)


def test_a_question_that_is_rejected_is_left_to_people(bot: Bot) -> None:
    bot.obey(asking())
    bot.refused()
    bot.work()
    bot.answered(agrees=False, why="a release")
    bot.work()
    assert (told(bot).ending, told(bot).actions) == (Ending.PEOPLE, ())


def test_a_pause_leaves_it_to_people_with_the_reason(bot: Bot) -> None:
    bot.pauses.pause(EVERY_REGISTRY, "a release", "ann")
    bot.refused()
    bot.work()
    found = told(bot)
    assert found.ending is Ending.PEOPLE
    assert found.left
    assert "a release" in found.left.because


def test_a_rehearsal_repairs_nothing(bot: Bot) -> None:
    bot.obey(replace(permissive(), rehearsal=True))
    bot.refused()
    bot.work()
    found = told(bot)
    [action] = found.actions
    assert (found.ending, found.mended_at) == (Ending.PEOPLE, None)
    assert (action.what, action.outcome, action.mark) == (
        "unlock tag team/app:v1",
        "rehearsed, nothing was written",
        Mark.QUIET,
    )


def test_a_change_that_azure_refuses_is_left_to_people(bot: Bot) -> None:
    bot.registry.refusal = Failed("Azure answered 403")
    bot.refused()
    bot.work()
    found = told(bot)
    [action] = found.actions
    assert (found.ending, action.outcome, action.mark) == (
        Ending.PEOPLE,
        "refused: Azure answered 403",
        Mark.BAD,
    )


def test_a_change_that_does_not_help_is_left_to_people(bot: Bot) -> None:
    bot.registry.afterwards = lambda: bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    found = told(bot)
    [action] = found.actions
    assert (found.ending, found.mended_at, action.mark) == (Ending.PEOPLE, None, Mark.BAD)
    assert action.outcome.startswith("made, but it did not help: the check tag_locked still says")


def test_what_fails_again_after_it_was_mended_needed_people_after_all(bot: Bot) -> None:
    bot.refused()
    bot.work()
    bot.registry.lock(LockLevel.TAG)
    bot.clock.advance(60)
    bot.refused()
    bot.work()
    found = told(bot)
    assert (found.ending, found.mended_at) == (Ending.PEOPLE, None)


def test_two_causes_are_several(bot: Bot) -> None:
    bot.registry.used = replace(bot.registry.used, used=bot.registry.used.ceiling)
    bot.refused()
    bot.work()
    assert (told(bot).cause, told(bot).ending) == ("several causes", Ending.PEOPLE)


def test_where_nothing_could_be_read_the_cause_is_unknown(bot: Bot) -> None:
    bot.registry.unreadable = dict.fromkeys(("repository", "tag", "manifest", "usage"), FORBIDDEN)
    bot.refused()
    bot.work()
    assert (told(bot).cause, told(bot).ending) == ("unknown", Ending.PEOPLE)


def test_a_signal_that_names_its_cause_is_believed_until_a_check_finds_one() -> None:
    bot = Bot()
    bot.report(push_refused(START, said=CauseName.LOCKED))
    assert told(bot).cause == "locked"


def test_a_change_that_is_extended_ends_later(bot: Bot) -> None:
    bot.refused()
    bot.work()
    [held], until = bot.commitments, START + timedelta(hours=9)
    bot.journal.of(bot.incident.id).write("extended", Extended(held.id, until))
    [action] = told(bot).actions
    assert (action.until, action.outcome) == (until, "mended and verified")


def test_a_push_that_had_succeeded_meanwhile_is_over_by_itself(bot: Bot) -> None:
    bot.registry.lock(LockLevel.TAG, write=True)
    bot.refused()
    bot.clock.advance(1)
    bot.registry.push()
    bot.work()
    assert told(bot).ending is Ending.BY_ITSELF
