"""One incident's story as its page tells it, from the journals that the bot itself wrote."""

from checks.model import LockLevel
from remediations.chapters import Chapter, Found, Row, chapters
from remediations.episodes import Mark
from remediations.model import CameOf, Extended, Record, Unverified
from remediations.ports import Undo
from tests.memory import START
from tests.worlds import ADDRESS, ANN, FORBIDDEN, Bot, asking


def told(bot: Bot) -> dict[str, Chapter]:
    return {one.title: one for one in chapters(bot.journal.read(bot.incident.id))}


def mended() -> Bot:
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    return bot


def test_a_story_goes_from_the_signal_to_the_end() -> None:
    bot = mended()
    [held] = bot.commitments
    bot.carry_out(Undo("contoso", held.id, "ann asked for it"))
    bot.work()
    assert [one.title for one in chapters(bot.journal.read(bot.incident.id))] == [
        "A signal came in",
        "The registry was read",
        "The checks answered",
        "Decided: unlock tag team/app:v1",
        "About to unlock tag team/app:v1",
        "Outcome: mended and verified",
        "People were told by people",
        "About to lock tag team/app:v1",
        "Outcome: undone, as it was before",
        "The incident is over",
        "People were told by people",
    ]


def test_a_signal_says_where_it_came_from_and_what_was_said() -> None:
    signal = told(mended())["A signal came in"]
    assert signal.facts == (
        ("From", "diagnostic logs"),
        ("Given", "2026-03-01 12:00:00 UTC"),
        ("Image", "team/app:v1"),
        ("Client address", ADDRESS),
        ("Proof", "registry log"),
    )
    assert signal.quoted == "Push team/app:v1 was answered with 405"


def test_evidence_is_told_part_by_part_and_so_is_what_could_not_be_read() -> None:
    bot = Bot()
    bot.registry.unreadable = {"manifest": FORBIDDEN}
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    facts = dict(told(bot)["The registry was read"].facts)
    assert facts["Settings"] == "Premium, public access on, allows by default, 0 network rules"
    assert facts["Storage"] == "1.0 TiB of 100.0 TiB, 1 % (ceiling: the service's own MaximumStorageCapacity)"
    assert facts["Tag"].startswith("writeEnabled false, deleteEnabled true, sha256:")
    assert facts["Manifest"] == (
        "could not be read: Azure answered 403; the bot lacks the.right/that/is/missing"
    )


def test_findings_come_first_and_what_was_ruled_out_stands_back() -> None:
    answered = told(mended())["The checks answered"]
    assert answered.found == (
        Found("tag locked", "yes", "writeEnabled is false on tag team/app:v1", Mark.BAD),
    )
    assert answered.text == "One cause explains it."
    assert "repository locked" in {one.check for one in answered.ruled_out}
    assert {one.answer for one in answered.ruled_out} == {"no"}


def test_a_change_is_told_before_and_after() -> None:
    assert told(mended())["About to unlock tag team/app:v1"].change == (
        Row("writeEnabled", "false", "true"),
        Row("Until", "", "2026-03-01 14:00 UTC"),
    )


def test_of_network_rules_only_what_changes_is_told() -> None:
    bot = Bot()
    bot.registry.deny("20.50.1.1", "20.50.1.2")
    bot.denied()
    bot.work()
    assert told(bot)[f"About to add network rule {ADDRESS}"].change == (
        Row(ADDRESS, "not named", "allowed"),
        Row("Other network rules", "2", "2"),
        Row("Until", "", "2026-03-01 20:00 UTC"),
    )


def test_a_question_and_its_answer_are_told_with_who_how_and_why() -> None:
    bot = Bot(asking())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    bot.answered(agrees=True, why="a hotfix")
    bot.work()
    story = told(bot)
    asked = story["A person was asked: unlock tag team/app:v1"]
    assert asked.change[0] == Row("writeEnabled", "false", "true")
    answer = story["The answer: approved"]
    assert (answer.text, answer.mark) == ("a hotfix", Mark.GOOD)
    assert answer.facts[:2] == (("By", str(ANN)), ("How", "page"))


def test_what_is_for_people_says_why() -> None:
    bot = Bot()
    bot.registry.unreadable = dict.fromkeys(("repository", "tag", "manifest", "usage"), FORBIDDEN)
    bot.refused()
    bot.work()
    decided = told(bot)["Decided: this is for people"]
    assert (decided.mark, decided.facts) == (
        Mark.WARNING,
        (("Reason", "evidence unreadable"), ("Policy", "a-version")),
    )
    assert decided.text


def test_what_is_extended_says_until_when_and_why() -> None:
    record = Record(1, "x", START, Extended("x", START), "")
    [chapter] = chapters([record])
    assert (chapter.title, chapter.text) == (
        "The change stays until 2026-03-01 12:00 UTC",
        "What it was made for goes on.",
    )


def test_nothing_is_left_out_of_any_story() -> None:
    bot = mended()
    records = bot.journal.read(bot.incident.id)
    assert len(chapters(records)) == len(records)
    assert all(one.title and one.at for one in chapters(records))


def test_an_outcome_says_once_what_it_says() -> None:
    record = Record(1, "x", START, CameOf("x", Unverified("the check still says so")), "")
    [chapter] = chapters([record])
    assert (chapter.title, chapter.text) == (
        "Outcome: made, but it did not help: the check still says so",
        "",
    )
