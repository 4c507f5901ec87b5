"""A push is refused at a lock: at each of the three levels, told in each of the two schemas, once and twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checks.incident import Incident, State
from remediations.model import CameOf, Decided, Escalate, Reason, Undone, Verified
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry

LEVELS = ("repository", "tag", "manifest")
every_level = pytest.mark.parametrize("level", LEVELS)


def lock(contoso: Registry, level: str) -> str:
    """An image that was pushed long ago, with a lock at that level; its digest."""
    digest = contoso.push("team/app", "v1", b"old")
    match level:
        case "repository":
            contoso.lock("team/app")
        case "tag":
            contoso.lock("team/app", tag="v1")
        case _:
            contoso.lock("team/app", digest=digest)
    return digest


def is_open(contoso: Registry, level: str, digest: str) -> bool:
    where: dict[str, dict[str, str]] = {
        "repository": {},
        "tag": {"tag": "v1"},
        "manifest": {"digest": digest},
    }
    return contoso.attributes("team/app", **where[level]).write_enabled


def push(azure: LocalAzure, contoso: Registry, level: str) -> bool:
    """Push to the tag: new content, but a manifest's lock only refuses that manifest itself."""
    content = b"old" if level == "manifest" else b"new"
    return azure.push(contoso, "team/app", "v1", content).succeeded


def only_incident(bot: Installation) -> Incident:
    [incident] = bot.app.incidents.of("contoso")
    return incident


@pytest.mark.parametrize("cloud", [False, True], ids=["event grid schema", "cloud events"])
@every_level
def test_a_lock_is_lifted_for_one_push_and_put_back(
    azure: LocalAzure, contoso: Registry, bot: Installation, level: str, *, cloud: bool
) -> None:
    digest = lock(contoso, level)
    assert not push(azure, contoso, level)

    bot.stream()
    bot.work()
    assert is_open(contoso, level, digest)
    assert only_incident(bot).state is State.MENDED
    assert [card["type"] for card in azure.teams_cards] == ["AdaptiveCard"]

    assert push(azure, contoso, level)
    bot.events(cloud=cloud)
    bot.work()
    assert not is_open(contoso, level, digest)
    incident = only_incident(bot)
    assert (incident.state, incident.ended) == (State.CLOSED, "the push has succeeded")
    journal = bot.journal(incident.id)
    outcomes = [record.entry.outcome for record in journal if isinstance(record.entry, CameOf)]
    assert [type(outcome) for outcome in outcomes] == [Verified, Undone]
    assert bot.app.journal.broken_at(incident.id) is None
    assert [call.json for call in azure.writes()] == [{"writeEnabled": True}, {"writeEnabled": False}]


def test_rows_and_events_that_are_delivered_twice_make_one_change_and_one_card(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bodies = [body.encode() for body in azure.take_hub_bodies()]
    for _ in range(2):
        bot.host.stream("diagnostic_logs", bodies)
    bot.work()
    bot.host.stream("diagnostic_logs", bodies)
    bot.work()
    assert push(azure, contoso, "tag")
    events = [event.as_event_grid() for event in azure.take_events()]
    for _ in range(2):
        assert bot.host.deliver("registry_events", events) == 202
    bot.work()
    assert bot.host.deliver("registry_events", events) == 202
    bot.work()
    assert [call.json for call in azure.writes()] == [{"writeEnabled": True}, {"writeEnabled": False}]
    assert len(azure.teams_cards) == 2


def test_two_workers_that_are_given_the_same_work_at_the_same_time_make_one_change(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    [message] = bot.host.waiting("push-medic")
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: bot.host.worker.queue("respond", message), range(4)))
    bot.work()
    assert [call.json for call in azure.writes()] == [{"writeEnabled": True}]
    assert only_incident(bot).state is State.MENDED
    assert len(azure.teams_cards) == 1


def test_the_catch_up_finds_what_the_stream_lost_and_handles_nothing_twice(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bodies = [body.encode() for body in azure.take_hub_bodies()]
    for _ in range(2):
        bot.host.tick("catch_up")
        bot.work()
    bot.host.stream("diagnostic_logs", bodies)
    bot.work()
    assert is_open(contoso, "tag", "")
    assert len(azure.writes()) == 1
    assert only_incident(bot).count == 1


def test_without_a_push_the_lock_is_put_back_when_its_time_is_up(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 2h", "lasts: 1s"))
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    assert is_open(contoso, "tag", "")
    time.sleep(1.1)
    bot.host.tick("sweep")
    bot.work()
    assert not is_open(contoso, "tag", "")
    assert only_incident(bot).ended == "its time is up"


def test_two_locks_at_once_go_to_people_and_nothing_is_written(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    lock(contoso, "tag")
    contoso.lock("team/app")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    assert azure.writes() == []
    assert reason(bot) is Reason.SEVERAL_CAUSES
    assert only_incident(bot).state is State.WITH_PEOPLE


def test_a_reader_without_its_rights_leaves_it_to_people_who_are_told_which(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    from tests.installation import READER

    lock(contoso, "tag")
    azure.rights[READER] = {"Microsoft.ContainerRegistry/registries/read"}
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    assert azure.writes() == []
    assert reason(bot) is Reason.EVIDENCE_UNREADABLE
    assert "registries/metadata/read" in str(azure.teams_cards)


def test_a_policy_that_permits_nothing_leaves_every_lock_where_it_is(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text("version: 1\nrehearsal: false\n")
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    assert azure.writes() == []
    assert reason(bot) is Reason.NOT_PERMITTED


def test_a_rehearsal_tells_what_it_would_do_and_writes_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("rehearsal: false", "rehearsal: true"))
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    assert azure.writes() == []
    assert "would unlock tag team/app:v1" in str(azure.teams_cards)


def test_a_pipelines_report_opens_what_the_stream_later_tells_of_too(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    lock(contoso, "tag")
    refused = azure.push(contoso, "team/app", "v1", b"new")
    status, answer = bot.report(text=refused.text, registry=contoso.login_server, image="team/app:v1")
    assert (status, answer["outcome"]) == (202, "incident")
    bot.work()
    bot.stream()
    bot.work()
    assert len(azure.writes()) == 1
    assert (only_incident(bot).id, only_incident(bot).count) == (answer["incident"], 2)


@pytest.mark.parametrize("cloud", [False, True], ids=["event grid schema", "cloud events"])
def test_a_pipelines_event_on_the_custom_topic_is_a_report_too(
    azure: LocalAzure, contoso: Registry, bot: Installation, *, cloud: bool
) -> None:
    lock(contoso, "tag")
    refused = azure.push(contoso, "team/app", "v1", b"new")
    data = {"text": refused.text, "registry": contoso.login_server, "image": "team/app:v1"}
    common = {"id": "e1", "subject": "a-pipeline/7", "data": data}
    shaped = (
        common
        | {"source": "/pipelines", "type": "PushFailed", "time": "2026-03-01T12:00:00Z", "specversion": "1.0"}
        if cloud
        else common
        | {
            "topic": "/pipelines",
            "eventType": "PushFailed",
            "eventTime": "2026-03-01T12:00:00Z",
            "dataVersion": "1",
            "metadataVersion": "1",
        }
    )
    for _ in range(2):
        assert bot.host.deliver("pipeline_events", [shaped]) == 202
    bot.work()
    assert is_open(contoso, "tag", "")
    assert only_incident(bot).count == 1


def reason(bot: Installation) -> Reason:
    """Why the only decision there was left it to people."""
    [decided] = [r.entry for r in bot.journal(only_incident(bot).id) if isinstance(r.entry, Decided)]
    assert isinstance(decided.decision, Escalate)
    return decided.decision.reason
