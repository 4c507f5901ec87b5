"""Each finding by itself: what was seen, how it counts, and what mends it."""

from datetime import timedelta

import pytest

from checks.evidence import Unreadable
from checks.health import Mark
from checks.installation import CATEGORIES, Granted, Stream
from remediations.doctor import Checkup, Finding, queues, running, sent, skew, source, trial
from remediations.doctor_text import as_text
from remediations.ports import Accepted, Backlog, Dead, Delivery, Later, Unsure
from tests.memory import START

EMPTY = Backlog(0)


def marks(*findings: Finding) -> list[Mark]:
    return [finding.mark for finding in findings]


@pytest.mark.parametrize(
    ("findings", "sound"),
    [
        ([], True),
        ([Mark.FINE, Mark.NOTED], True),
        ([Mark.FINE, Mark.UNKNOWN], None),
        ([Mark.UNKNOWN, Mark.WRONG], False),
    ],
)
def test_what_is_wrong_outweighs_what_could_not_be_told(findings: list[Mark], sound: bool | None) -> None:  # noqa: FBT001
    checkup = Checkup(START, tuple(Finding("a", mark, "b") for mark in findings))
    assert checkup.sound is sound


def test_a_queue_with_work_is_fine_and_one_whose_work_is_old_is_not() -> None:
    young, old = START - timedelta(minutes=1), START - timedelta(minutes=16)
    assert marks(*queues(Backlog(9, young), EMPTY, START)) == [Mark.FINE, Mark.FINE]
    assert marks(*queues(Backlog(9, old), EMPTY, START)) == [Mark.FINE, Mark.WRONG]
    assert marks(*queues(EMPTY, Backlog(1, young), START)) == [Mark.WRONG, Mark.FINE]


def test_a_bot_whose_timer_is_silent_does_not_run() -> None:
    assert running(START - timedelta(minutes=14), START).mark is Mark.FINE
    assert running(START - timedelta(minutes=16), START).mark is Mark.WRONG
    assert running(None, START).mark is Mark.WRONG


def test_a_quiet_source_may_be_a_healthy_one() -> None:
    assert source("rows", START, START).mark is Mark.FINE
    assert source("rows", START - timedelta(days=2), START).mark is Mark.NOTED
    assert source("rows", None, START).mark is Mark.NOTED


@pytest.mark.parametrize(
    ("ahead", "found"), [(None, []), (59.0, []), (61.0, [Mark.WRONG]), (-61.0, [Mark.WRONG])]
)
def test_a_clock_may_be_a_minute_off(ahead: float | None, found: list[Mark]) -> None:
    assert marks(*skew(Granted(grants=(), clock_ahead=ahead))) == found
    assert marks(*skew(Unreadable("no"))) == []


@pytest.mark.parametrize(
    ("delivery", "mark"),
    [
        (Accepted(), Mark.FINE),
        (Later(5, "busy"), Mark.WRONG),
        (Dead("refused"), Mark.WRONG),
        (Unsure("lost"), Mark.UNKNOWN),
    ],
)
def test_a_test_message_counts_as_what_became_of_it(delivery: Delivery, mark: Mark) -> None:
    assert sent("teams", delivery).mark is mark


def test_a_test_message_says_that_it_is_one_and_opens_no_ticket() -> None:
    notice = trial(START)
    assert notice.title.startswith("Test: ")
    assert notice.ticket_key is None


def test_what_a_terminal_shows_is_harmless_and_ends_with_a_summary() -> None:
    findings = (Finding("a", Mark.WRONG, "bad\x1b[2J", "mend it"), Finding("b", Mark.FINE, "good"))
    lines = list(as_text(Checkup(START, findings)))
    assert "\x1b" not in "".join(lines)
    assert lines[2:] == [
        "  WRONG  a: bad [2J",
        "         → mend it",
        "  ok     b: good",
        "",
        "1 wrong, 0 noted, 1 fine.",
    ]


def test_a_stream_names_what_it_carries() -> None:
    assert Stream("all", ("allLogs",)).carries(CATEGORIES[0])
    assert not Stream("none", ()).carries(CATEGORIES[0])
