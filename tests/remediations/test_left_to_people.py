"""Failures that the bot mends for nobody: told once, diagnosed, and over when the push has succeeded."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.evidence import Groups, NotAsked, Unreadable, Vantage
from checks.incident import State
from checks.intake.event_grid import Pushed
from checks.intake.overtaken import Overtaken
from checks.model import CauseName, Image, Signal, Symptom
from remediations.model import Decided, Escalate, Notice, Reason, Severity, Suppress
from remediations.responder import withdraw
from tests.examined import ILL
from tests.memory import START
from tests.surroundings import MACHINE, Seen
from tests.worlds import (
    APP,
    CONTOSO,
    FORBIDDEN,
    NEW,
    PIPELINE,
    SUBSCRIPTION,
    Bot,
    address_denied,
    permissive,
    push_refused,
)

MINUTE = timedelta(minutes=1)


def told(symptom: Symptom, said: CauseName | None = None, **changes: object) -> Signal:
    signal = push_refused(START, symptom=symptom, said=said, address=None, excerpt="what was said of it")
    return replace(signal, **changes)


SIGNALS = {
    "a missing role": told(Symptom.UNAUTHORIZED, CauseName.PERMISSION_DENIED, identity=PIPELINE),
    "refused credentials": told(
        Symptom.UNAUTHORIZED, CauseName.AUTHENTICATION_FAILED, identity=PIPELINE, image=None
    ),
    "no login": told(Symptom.UNAUTHORIZED, CauseName.AUTHENTICATION_REQUIRED),
    "throttling": told(Symptom.THROTTLED, CauseName.THROTTLED, identity=PIPELINE),
    "a time-out": told(Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT),
    "an unknown name": told(Symptom.UNREACHABLE, CauseName.DNS_FAILURE),
    "a connection cut off": told(Symptom.UNREACHABLE, CauseName.CONNECTION_REFUSED_OR_RESET),
    "a strange certificate": told(Symptom.UNREACHABLE, CauseName.TLS_ERROR),
    "a proxy": told(Symptom.UNREACHABLE, CauseName.PROXY_ERROR),
    "a fault of the registry": told(Symptom.SERVER_ERROR, CauseName.SERVER_ERROR),
}
every_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


def decision(bot: Bot) -> Escalate | Suppress:
    [decided] = [entry.decision for entry in bot.story() if isinstance(entry, Decided)]
    assert isinstance(decided, Escalate | Suppress)
    return decided


def only_notice(bot: Bot) -> Notice:
    [notice] = bot.people.notices
    return notice


@every_signal
def test_it_is_diagnosed_and_left_to_people_and_nothing_is_written(signal: Signal) -> None:
    bot = Bot()
    bot.report(signal)
    bot.work()
    assert (decision(bot).reason, bot.incident.state) == (Reason.NO_REMEDIATION, State.WITH_PEOPLE)
    assert bot.registry.writes == []
    notice = only_notice(bot)
    assert signal.said
    assert notice.title.endswith(f" in contoso: {signal.said.value.replace('_', ' ')}")
    assert notice.paragraphs[0].startswith("Found: ")
    assert len(notice.paragraphs) >= 3
    assert notice.quoted == "what was said of it"
    assert notice.ticket_key == bot.incident.id.removesuffix("-1")


@every_signal
def test_people_are_told_once_however_often_it_is_seen(signal: Signal) -> None:
    bot = Bot()
    for number in range(100):
        bot.report(replace(signal, id=f"{number}", at=START + number * MINUTE / 10))
        bot.work()
    assert (len(bot.people.notices), bot.incident.count) == (1, 100)


@every_signal
def test_what_could_not_be_read_does_not_make_what_was_said_less_certain(signal: Signal) -> None:
    bot = Bot()
    bot.registry.unreadable = dict.fromkeys(("settings", "usage", "tag"), Unreadable("Azure answered 403"))
    bot.report(signal)
    bot.work()
    assert decision(bot).reason is Reason.NO_REMEDIATION


@every_signal
def test_a_push_of_the_tag_before_anybody_was_told_withdraws_it(signal: Signal) -> None:
    if signal.image is None:
        return
    bot = Bot()
    bot.report(signal)
    bot.clock.advance(60)
    bot.registry.push()
    bot.work()
    assert (decision(bot).reason, bot.incident.state) == (Reason.PUSHED_SINCE, State.CLOSED)
    assert bot.people.notices == ()


@every_signal
def test_a_push_that_succeeds_closes_it(signal: Signal) -> None:
    if signal.image is None:
        return
    bot = Bot()
    bot.report(signal)
    bot.work()
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    assert bot.incident.state is State.CLOSED


@every_signal
def test_what_fails_after_a_push_of_which_the_news_comes_late_is_another_failure(signal: Signal) -> None:
    if signal.image is None:
        return
    bot = Bot()
    bot.report(signal)
    bot.work()
    bot.clock.advance(60)
    news = bot.registry.push()
    bot.clock.advance(600)
    bot.pushed(news)
    assert bot.incident.state is State.CLOSED
    bot.report(replace(signal, id="before-the-push", at=START + MINUTE / 2))
    assert bot.incident.round == 1
    bot.report(replace(signal, id="after-the-push", at=START + 5 * MINUTE))
    assert (bot.incident.round, bot.incident.state) == (2, State.OPEN)


def test_of_what_no_event_tells_the_log_says_that_it_is_over() -> None:
    bot = Bot()
    refused = replace(SIGNALS["refused credentials"], id="first")
    bot.report(refused, replace(refused, id="second", at=START + MINUTE))
    bot.work()
    withdraw(bot.medic, [Overtaken(refused, START + 2 * MINUTE)])
    assert bot.incident.state is State.WITH_PEOPLE, "another of its signals may stand"
    both = [Overtaken(replace(refused, id=one), START + 2 * MINUTE) for one in ("first", "second")]
    for _ in range(2):
        withdraw(bot.medic, both)
    bot.work()
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "what was refused has succeeded since")
    assert bot.people.notices[-1].title == "It is over in contoso: what was refused has succeeded since"
    bot.report(replace(refused, id="third", at=START + 3 * MINUTE))
    assert bot.incident.round == 2


def test_a_change_that_is_in_force_is_ended_by_its_own_news_and_not_by_a_log() -> None:
    bot = Bot()
    bot.registry.deny()
    denial = bot.denied()
    bot.work()
    withdraw(bot.medic, [Overtaken(address_denied(START, id=denial.signals[0]), START + MINUTE)])
    assert bot.incident.state is State.MENDED
    assert [one.open for one in bot.commitments] == [True]


def test_what_has_failed_since_the_push_is_not_over_when_the_news_of_it_comes() -> None:
    bot = Bot()
    signal = SIGNALS["throttling"]
    bot.report(signal)
    bot.work()
    bot.clock.advance(60)
    news = bot.registry.push()
    bot.medic.incidents.settle(bot.incident.id, State.CLOSED, "the push has succeeded", news.at - 2 * MINUTE)
    assert bot.incident.state is State.WITH_PEOPLE


def test_from_the_machine_that_a_report_names_the_rule_is_found_that_keeps_it_from_the_registry() -> None:
    bot = Bot()
    bot.around.world = ILL["security group"]
    bot.report(told(Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT, origin=MACHINE))
    bot.work()
    assert decision(bot).reason is Reason.NO_REMEDIATION
    notice = only_notice(bot)
    assert notice.title == (
        "A client could not reach the registry in contoso: connectivity timeout at security group nsg-build"
    )
    assert dict(notice.facts)["Client machine"] == f"build1 in rg1, subscription {SUBSCRIPTION}"
    assert notice.paragraphs[0].startswith("Found: the rule UserRule_DenyInternet of nsg-build, applied to")
    assert any(one.startswith("Ask the owner of nsg-build for an outbound rule") for one in notice.paragraphs)
    assert bot.registry.writes == []


def test_what_the_bot_may_not_see_of_the_network_is_said_beside_what_the_client_told() -> None:
    bot = Bot()
    bot.around.vantage_seen = FORBIDDEN
    bot.report(told(Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT, origin=MACHINE))
    bot.work()
    assert decision(bot).reason is Reason.NO_REMEDIATION
    notice = only_notice(bot)
    assert notice.title.endswith(": connectivity timeout")
    assert any("The bot lacks the.right/that/is/missing" in one for one in notice.paragraphs)


def test_while_network_watcher_takes_its_time_nobody_waits_for_the_registry() -> None:
    bot = Bot()

    class Slow(Seen):
        def groups(self, vantage: Vantage, destinations: Sequence[str]) -> Groups | Unreadable | NotAsked:
            with bot.medic.leases.hold(CONTOSO.name):
                return super().groups(vantage, destinations)

    bot.around = Slow(bot.around.world)
    bot.obey(permissive())
    bot.report(told(Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT, origin=MACHINE))
    bot.work()
    assert "groups 20.50.200.1" in bot.around.asked
    assert bot.incident.state is State.WITH_PEOPLE


@pytest.mark.parametrize("world", ["key", "updating", "fault"])
def test_of_a_registry_that_answers_with_errors_it_is_seen_what_ails_it(world: str) -> None:
    bot = Bot()
    bot.around.world = ILL[world]
    bot.report(told(Symptom.SERVER_ERROR, CauseName.SERVER_ERROR))
    bot.work()
    assert decision(bot).reason is Reason.NO_REMEDIATION
    assert WHAT_AILS_IT[world] in " ".join(only_notice(bot).paragraphs)


WHAT_AILS_IT = {
    "key": "its key is opened by 44444444",
    "updating": "the provisioning state is Updating",
    "fault": "GET /v2/ was answered with 503 instead of 401",
}
UNANSWERED = (Symptom.UNREACHABLE, Symptom.SERVER_ERROR)


@pytest.mark.parametrize("symptom", [one for one in Symptom if one not in UNANSWERED])
def test_the_way_is_looked_at_only_where_that_is_what_failed(symptom: Symptom) -> None:
    bot = Bot()
    bot.report(told(symptom, CauseName.UNKNOWN, band=80))
    bot.work()
    assert bot.around.asked == []


def test_a_failure_that_nothing_names_is_told_with_the_clients_own_words() -> None:
    bot = Bot()
    bot.report(told(Symptom.UNEXPLAINED))
    bot.work()
    notice = only_notice(bot)
    assert decision(bot) == Escalate(Reason.NO_CAUSE_FOUND, "no check knows a failure like this")
    assert notice.title == "A push failed in contoso: nothing that the bot knows explains it"
    assert (notice.quoted, notice.severity) == ("what was said of it", Severity.WARNING)


def test_a_storm_of_refusals_is_one_incident_and_one_notice() -> None:
    bot = Bot()
    storm = [
        told(
            Symptom.UNAUTHORIZED,
            CauseName.AUTHENTICATION_FAILED,
            id=f"{number}",
            identity=f"stranger-{number}",
            image=Image(f"guess/{number}"),
        )
        for number in range(500)
    ]
    bot.fuse.fail(at=10_000)
    bot.medic.incidents.report(storm)
    bot.work()
    assert bot.fuse.steps < 60
    assert (bot.incident.count, bot.incident.callers[0].count) == (500, 1)
    notice = only_notice(bot)
    assert "stranger-0 (1)" in dict(notice.facts)["Refused"]
    bot.medic.incidents.report(storm[100:200])
    assert bot.incident.count == 500


def test_many_signals_of_one_incident_are_one_write_of_its_row() -> None:
    bot = Bot()
    many = [replace(SIGNALS["throttling"], id=f"{number}") for number in range(300)]
    bot.medic.incidents.report(many)
    bot.fuse.fail(at=10_000)
    again = [replace(SIGNALS["throttling"], id=f"{number}", at=START + MINUTE) for number in range(300, 600)]
    bot.medic.incidents.report(again)
    assert bot.fuse.steps == 1
    assert bot.incident.count == 600


@pytest.mark.parametrize(
    ("failed", "pushed", "ends"),
    [
        (APP, Image("team/app", "v1", NEW), True),
        (APP, Image("team/app", "v2", NEW), False),
        (Image("team/app"), Image("team/app", "v2", NEW), True),
        (Image("team/app"), Image("team/other", "v2", NEW), False),
        (Image("team/app", digest=NEW), Image("team/app", "v2", NEW), True),
        (None, Image("team/app", "v1", NEW), False),
    ],
)
def test_a_push_ends_what_it_was_refused_for(failed: Image | None, pushed: Image, *, ends: bool) -> None:
    bot = Bot()
    bot.report(told(Symptom.THROTTLED, CauseName.THROTTLED, image=failed))
    bot.work()
    bot.pushed(Pushed("contoso", pushed, START + MINUTE))
    assert (bot.incident.state is State.CLOSED) is ends
