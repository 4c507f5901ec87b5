"""Everything that operators want to see at once, and in which order."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.evidence import CeilingSource
from checks.forecast import NotGrowing, TooFewSamples
from checks.incident import State
from checks.model import CauseName, Image
from remediations.episodes import Mark
from remediations.message import State as Sent
from remediations.model import Reason, Stage
from remediations.overview import EVERY_CAUSE, Overview, Repairs, Survey, headline, overview
from remediations.pauses import Paused
from remediations.storage_history import StorageDay
from tests.overviews import (
    AT,
    NAMES,
    REGISTRIES,
    Past,
    ago,
    allow,
    busy,
    denied,
    filling,
    grown,
    refused,
    refused_identity,
    unlock,
)

APPS, ML, EDGE = NAMES


def shown(past: Past) -> Overview:
    return overview(past.survey())


def titles(past: Past) -> list[str]:
    return [need.title for need in shown(past).needs]


def quiet() -> Survey:
    return Survey(at=AT, since=ago(days=30), registries=REGISTRIES, channels=("teams",))


def test_where_nothing_happened_nothing_needs_anybody() -> None:
    seen = overview(quiet())
    assert headline(seen) == "Nothing needs you"
    assert (seen.needs, seen.standing, seen.actions, seen.repairs, seen.storage) == ((), (), (), (), ())


def test_a_busy_month_says_first_what_lapses_then_what_is_urgent_then_the_rest() -> None:
    assert titles(busy()) == [
        "May the bot add network rule 52.138.231.77 in contosoedge?",
        "A client address was refused in contosoedge: add network rule 52.138.231.9",
        "A client was refused in contosoml: permission denied",
        "The channel “azure_devops” does not take what it is sent",
        "A push was refused in contosoapps: the image is protected by policy",
        "Storage is filling up in contosoml: above 90 %",
        "The bot is paused for contosoml",
    ]
    assert headline(shown(busy())) == "7 things need you"


def test_a_question_says_how_to_answer_and_by_when() -> None:
    past = Past()
    asked = past.asked(refused(APPS, "web/shop:1", ago(minutes=5)), unlock(APPS, "web/shop:1", AT))
    [need] = shown(past).needs
    assert (need.urgent, need.incident, need.approval) == (True, asked.incident, asked.id)
    assert need.do == (
        "Because writeEnabled is false on tag web/shop:1.",
        f"Answer by {asked.expires_at:%Y-%m-%d %H:%M} UTC; then it is left to people.",
        f"medic approve {asked.id}",
        f'medic reject {asked.id} --why "..."',
    )


def test_what_is_left_to_people_says_what_their_notice_said() -> None:
    past = Past()
    past.left(refused(APPS, "pay/api:1", ago(minutes=5)), Reason.PROTECTED, "it is protected")
    [need] = shown(past).needs
    assert need.do == (
        "Found: writeEnabled is false on tag pay/api:1.",
        "Before you unlock, ask whose lock it is: it carries neither owner nor reason.",
        f"Look at the locks: az acr repository show --name {APPS} --image pay/api:1",
    )


def test_what_is_left_to_people_is_there_even_where_its_journal_was_not_read() -> None:
    past = Past()
    incident = past.left(refused(APPS, "pay/api:1", ago(minutes=5)), Reason.PROTECTED, "it is protected")
    past.journals.clear()
    [need] = shown(past).needs
    assert (need.title, need.do) == (
        f"A push was refused in {APPS}",
        (f"Look at it: medic show {incident.id}",),
    )


def test_a_pause_says_who_why_and_how_to_go_on() -> None:
    past = Past()
    past.pauses[ML] = Paused("moving images", "bea", ago(hours=4))
    [need] = shown(past).needs
    assert (need.title, need.since, need.do) == (
        f"The bot is paused for {ML}",
        ago(hours=4),
        ("By bea: moving images", f"Let it act again: medic resume {ML}"),
    )


def test_one_pause_of_everything_is_one_thing() -> None:
    past = Past()
    past.pauses = dict.fromkeys(NAMES, Paused("a release", "bea", ago(hours=4)))
    [need] = shown(past).needs
    assert (need.title, need.do[-1]) == (
        "The bot is paused for every registry",
        "Let it act again: medic resume",
    )


def test_a_pause_by_an_app_setting_ends_with_the_setting() -> None:
    past = Past()
    past.pauses = dict.fromkeys(NAMES, Paused("a release", "the app setting PUSH_MEDIC_PAUSED"))
    [need] = shown(past).needs
    assert need.do[-1] == "It acts again once that setting is empty."


def test_an_incident_that_nobody_looks_into_is_said_aloud() -> None:
    past = Past()
    incident = past.asked(refused(APPS, "web/shop:1", ago(minutes=30)), unlock(APPS, "web/shop:1", AT))
    past.approvals.clear()
    [row] = past.incidents
    past.incidents = [replace(row, state=State.OPEN)]
    assert titles(past) == [f"Nobody has looked into {incident.incident} yet"]


def test_a_change_that_should_long_be_undone_needs_people() -> None:
    past = Past()
    change = allow(EDGE, "52.138.231.5", ago(minutes=11))
    past.mended(denied(EDGE, "52.138.231.5", ago(hours=8)), change, 40)
    [need] = shown(past).needs
    assert need.title == f"A temporary change in {EDGE} is still in force: add network rule 52.138.231.5"
    assert need.since == change.until


def test_a_change_that_was_extended_needs_nobody_before_its_new_time() -> None:
    past = Past()
    change = allow(EDGE, "52.138.231.5", ago(minutes=11))
    past.mended(denied(EDGE, "52.138.231.5", ago(hours=8)), change, 40)
    past.commitments = [replace(one, due_at=AT + timedelta(hours=1)) for one in past.commitments]
    assert titles(past) == []


def test_a_change_that_cannot_be_undone_needs_people_however_often_it_is_tried() -> None:
    past = Past()
    change = allow(EDGE, "52.138.231.5", ago(minutes=11))
    past.mended(denied(EDGE, "52.138.231.5", ago(hours=8)), change, 40)
    trying = (Stage.UNDOING, AT + timedelta(minutes=4))
    past.commitments = [replace(one, stage=trying[0], due_at=trying[1]) for one in past.commitments]
    [need] = shown(past).needs
    assert need.since == change.until


# What was done.


def test_what_is_in_force_says_how_to_undo_it_and_what_is_over_does_not() -> None:
    past = Past()
    over = past.mended(
        refused(APPS, "web/shop:1", ago(hours=5)), unlock(APPS, "web/shop:1", ago(hours=3)), 30, undone=5
    )
    held = past.mended(
        refused(APPS, "web/shop:2", ago(hours=1)), unlock(APPS, "web/shop:2", AT + timedelta(hours=1)), 30
    )
    assert [(one.incident, one.undo) for one in shown(past).actions] == [
        (held.id, f"medic undo {held.id}"),
        (over.id, ""),
    ]


def test_of_actions_the_latest_fifty_are_shown_and_whatever_is_in_force() -> None:
    past = Past()
    held = past.mended(
        denied(EDGE, "52.138.231.5", ago(days=20)),
        allow(EDGE, "52.138.231.5", AT + timedelta(days=9)),
        30,
    )
    for number in range(60):
        image = f"web/shop:{number}"
        at = ago(hours=number + 1)
        past.mended(refused(APPS, image, at), unlock(APPS, image, at), 30, undone=5)
    actions = shown(past).actions
    assert len(actions) == 51
    assert (actions[-1].incident, bool(actions[-1].undo)) == (held.id, True)
    assert [one.at for one in actions] == sorted((one.at for one in actions), reverse=True)


def test_a_change_whose_journal_was_not_read_is_told_by_the_ledger() -> None:
    past = Past()
    past.mended(
        refused(APPS, "web/shop:2", ago(hours=1)), unlock(APPS, "web/shop:2", AT + timedelta(hours=1)), 30
    )
    past.journals.clear()
    [action] = shown(past).actions
    assert (action.what, action.outcome, action.mark) == (
        "unlock tag web/shop:2",
        "mended and verified",
        Mark.GOOD,
    )
    assert action.undo


# How it goes.


def test_repairs_are_counted_and_timed_by_cause() -> None:
    past = Past()
    for number, took in enumerate((10, 20, 30, 40, 50, 60, 70, 80, 90, 1000)):
        image, at = f"web/shop:{number}", ago(hours=number + 1)
        past.mended(refused(APPS, image, at), unlock(APPS, image, at), took, undone=5)
    past.mended(
        denied(EDGE, "52.138.231.5", ago(days=2)),
        allow(EDGE, "52.138.231.5", ago(days=1)),
        600,
        agreed=True,
        undone=9,
    )
    past.left(refused_identity(ML, "a/b", ago(hours=2)), Reason.NO_REMEDIATION, "only its owner may")
    past.asked(refused(APPS, "web/new:1", ago(minutes=5)), unlock(APPS, "web/new:1", AT))
    assert shown(past).repairs == (
        Repairs(EVERY_CAUSE, ended=12, alone=10, agreed=1, p50=60, p90=600),
        Repairs("locked", ended=10, alone=10, agreed=0, p50=50, p90=90),
        Repairs("firewall ip denied", ended=1, alone=0, agreed=1, p50=600, p90=600),
        Repairs("permission denied", ended=1, alone=0, agreed=0),
    )
    assert [one.share for one in shown(past).repairs] == [83, 100, 0, 0]


def test_one_cause_needs_no_sum() -> None:
    past = Past()
    past.left(filling(ML, 80, ago(hours=2)), Reason.NO_REMEDIATION, "nothing mends it")
    assert [one.cause for one in shown(past).repairs] == [CauseName.STORAGE_LIMIT.value.replace("_", " ")]


def test_open_incidents_are_shown_the_latest_first_and_counted_all() -> None:
    past = Past()
    for number in range(60):
        past.left(
            refused(APPS, f"web/shop:{number}", ago(hours=number + 1)), Reason.PROTECTED, "it is protected"
        )
    seen = shown(past)
    assert (seen.open, len(seen.standing)) == (60, 50)
    assert (seen.standing[0].about, seen.standing[0].what) == (
        str(Image("web/shop", "0")),
        "A push was refused",
    )


# Storage and channels.


def test_the_fullest_registry_is_first_and_what_will_be_full_soon_needs_people() -> None:
    past = Past()
    past.storage = grown()
    seen = shown(past)
    assert [(one.registry, one.days[-1].percent) for one in seen.storage] == [
        (ML, 84),
        (APPS, 19),
        (EDGE, 15),
    ]
    assert isinstance(seen.storage[-1].forecast, NotGrowing)
    [need] = seen.needs
    assert (need.title, need.urgent) == (f"Storage of {ML} is at 84 %", False)
    assert need.do[0].startswith("Full between 2026-12-")
    assert need.do[1] == f"See what could go: medic storage {ML}"


def test_a_full_registry_is_urgent_and_said_once() -> None:
    full = StorageDay(day=AT.date(), used=100, ceiling=100, ceiling_source=CeilingSource.SETTING)
    seen = Survey(
        at=AT, since=AT, registries=REGISTRIES, channels=("teams",), storage={ML: (full,), EDGE: ()}
    )
    [need] = overview(seen).needs
    assert (need.title, need.urgent) == (f"Storage of {ML} is at 100 %", True)
    past = Past()
    past.left(filling(ML, 95, ago(hours=2)), Reason.NO_REMEDIATION, "nothing mends it")
    told = Survey(AT, AT, REGISTRIES, past.incidents, channels=("teams",), storage={ML: (full,)})
    assert [need.title for need in overview(told).needs] == [f"Storage is filling up in {ML}"]


def test_too_few_days_are_no_trend() -> None:
    one = StorageDay(day=AT.date(), used=50, ceiling=100, ceiling_source=CeilingSource.SETTING)
    seen = Survey(at=AT, since=AT, registries=REGISTRIES, channels=("teams",), storage={ML: (one,)})
    assert overview(seen).storage[0].forecast == TooFewSamples(days=1)
    assert overview(seen).needs == ()


def test_a_channel_is_judged_by_the_last_message_that_ended() -> None:
    past = Past()
    past.posted("email", ago(hours=9), Sent.DEAD, "refused")
    past.posted("email", ago(hours=8))
    past.posted("email", ago(hours=1), Sent.WAITING)
    past.posted("teams", ago(hours=9))
    past.posted("teams", ago(hours=8), Sent.UNKNOWN, "the answer was lost")
    past.posted("pagerduty", ago(hours=8), Sent.DEAD, "not configured any more")
    teams, email, devops, gone = shown(past).channels
    assert (teams.mark, teams.unknown, teams.accepted_at, teams.why) == (
        Mark.BAD,
        1,
        ago(hours=9),
        "the answer was lost",
    )
    assert (email.mark, email.accepted, email.dead, email.waiting) == (Mark.GOOD, 1, 1, 1)
    assert (devops.mark, devops.accepted_at) == (Mark.QUIET, None)
    assert (gone.name, gone.in_use, gone.mark) == ("pagerduty", False, Mark.QUIET)
    assert "The channel “teams” does not take what it is sent" in titles(past)


def test_without_a_channel_the_first_thing_is_to_set_one_up() -> None:
    seen = overview(Survey(at=AT, since=AT, registries=REGISTRIES))
    assert headline(seen) == "One thing needs you"
    assert seen.needs[0].title == "Nobody is told of anything: no channel is set up"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_of_a_registry_that_is_not_watched_any_more_is_left_out(name: str) -> None:
    past = Past()
    past.left(refused(name, "web/shop:1", ago(hours=1)), Reason.PROTECTED, "it is protected")
    survey = past.survey()
    left = {known: registry for known, registry in REGISTRIES.items() if known != name}
    seen = overview(
        Survey(survey.at, survey.since, left, survey.incidents, survey.episodes, channels=("teams",))
    )
    assert seen.needs == ()
