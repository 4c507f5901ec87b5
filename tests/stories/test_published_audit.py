"""The whole story of an incident on an Event Grid topic of the auditors', as it is in the journal."""

import json
import sys
from collections.abc import Iterator

import pytest

from tests.installation import READER, Installation, applied
from tests.local_azure import LocalAzure, Registry, status
from tests.stories.test_locks import lock, only_incident, push


@pytest.fixture
def audited(azure: LocalAzure, bot: Installation) -> Iterator[Installation]:
    """The bot with a topic for its audit."""
    with applied({"PUSH_MEDIC_AUDIT_TOPIC": azure.event_grid_url}):
        sys.modules["function_app"]._app.cache_clear()
        yield bot


def mended(azure: LocalAzure, contoso: Registry, bot: Installation) -> str:
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()
    return only_incident(bot).id


def publish(bot: Installation, incident: str) -> None:
    """The half minute is over that a record's announcement waits."""
    bot.host.worker.queue("respond", json.dumps({"command": "publish", "incident": incident}))


def test_every_record_reaches_the_topic_as_a_cloud_event_in_order_and_by_the_readers_identity(
    azure: LocalAzure, contoso: Registry, audited: Installation
) -> None:
    incident = mended(azure, contoso, audited)
    assert azure.published_events == []
    publish(audited, incident)
    journal = audited.journal(incident)
    events = azure.published_events
    assert [event["id"] for event in events] == [f"{incident}/{record.seq}" for record in journal]
    assert {(event["specversion"], event["type"], event["source"], event["subject"]) for event in events} == {
        ("1.0", "PushMedic.Recorded", "/push-medic/registries/contoso", incident)
    }
    assert [event["data"]["digest"] for event in events] == [record.digest for record in journal]
    assert [event["data"]["prev"] for event in events[1:]] == [record.digest for record in journal[:-1]]
    [sent] = [call for call in azure.requests if call.path == "/api/events"]
    assert (sent.identity, sent.action) == (READER, "Microsoft.EventGrid/events/send/action")


def test_what_is_published_is_published_once(
    azure: LocalAzure, contoso: Registry, audited: Installation
) -> None:
    incident = mended(azure, contoso, audited)
    for _ in range(3):
        publish(audited, incident)
    ids = [event["id"] for event in azure.published_events]
    assert len(ids) == len(set(ids)) == len(audited.journal(incident))


def test_each_record_is_announced_on_the_queue_and_none_is_waited_for(
    azure: LocalAzure, contoso: Registry, audited: Installation
) -> None:
    incident = mended(azure, contoso, audited)
    properties = audited.host.queue("push-medic").get_queue_properties()
    assert properties.approximate_message_count == len(audited.journal(incident))
    assert audited.host.waiting("push-medic") == []


def test_a_topic_that_is_down_delays_no_repair_and_gets_everything_afterwards(
    azure: LocalAzure, contoso: Registry, audited: Installation
) -> None:
    azure.faults.add(effect=status(503), path="^/api/events", times=None)
    incident = mended(azure, contoso, audited)
    assert contoso.attributes("team/app", "v1").write_enabled
    publish(audited, incident)
    assert azure.published_events == []
    assert "not_published" in {kept.rejection.reason for kept in audited.app.rejected.recent()}
    azure.faults.clear()
    publish(audited, incident)
    assert len(azure.published_events) == len(audited.journal(incident))


def test_a_publisher_without_the_right_is_told_apart_and_loses_nothing(
    azure: LocalAzure, contoso: Registry, audited: Installation
) -> None:
    incident = mended(azure, contoso, audited)
    azure.rights[READER] = {"Microsoft.ContainerRegistry/*"}
    app = audited.app
    assert app.audit is not None
    assert app.audit.publish(incident) == "the topic answered 403"
    del azure.rights[READER]
    assert app.audit.publish(incident) == ""
    assert len(azure.published_events) == len(audited.journal(incident))


def test_without_a_topic_nothing_is_published_and_nothing_is_queued_for_it(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    incident = mended(azure, contoso, bot)
    bot.app.carry_out(json.dumps({"command": "publish", "incident": incident}).encode())
    assert azure.published_events == []
    assert bot.app.audit is None
    assert bot.host.queue("push-medic").get_queue_properties().approximate_message_count == 0
