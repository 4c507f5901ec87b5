"""What is not what it should be has a named outcome, is counted, is kept where operators look, and costs nobody."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from checks.incident import State
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry

TEN_MEGABYTES = 10 * 1024 * 1024


@pytest.fixture
def row(azure: LocalAzure, contoso: Registry) -> dict[str, Any]:
    """The registry's own row of a push that was refused at a locked tag."""
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    azure.push(contoso, "team/app", "v1", b"new")
    azure.take_hub_bodies()
    refused: dict[str, Any] = azure.diagnostic_records[-1]
    assert refused["resultDescription"] == "405"
    return refused


def body(*rows: object) -> bytes:
    return json.dumps({"records": rows}).encode()


def kept(bot: Installation) -> dict[str, int]:
    """How often each outcome was counted."""
    counts: Counter[str] = Counter()
    for one in bot.app.rejected.recent():
        counts[one.rejection.reason] += one.count
    return dict(counts)


def is_open(contoso: Registry) -> bool:
    return contoso.attributes("team/app", "v1").write_enabled


def test_rows_that_are_not_json_empty_bodies_and_broken_rows_cost_their_neighbours_nothing(
    contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    bodies = [b"<html>", b"", b"  ", b"\xff\xfe", b'{"records":', body(42, row, None), b"null"]
    assert bot.host.stream("diagnostic_logs", bodies) is None
    assert kept(bot) == {"not_json": 3, "empty_body": 2, "not_a_row": 2, "not_rows": 1}
    bot.work()
    assert is_open(contoso)


def test_half_a_batch_of_broken_bodies_costs_the_other_half_nothing(
    contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    others = [row | {"correlationId": f"{number}"} for number in range(20)]
    bodies = [one for other in others for one in (body(other), b"{")]
    assert bot.host.stream("diagnostic_logs", bodies) is None
    assert kept(bot) == {"not_json": 20}
    [incident] = bot.app.incidents.of("contoso")
    assert incident.count == 20
    bot.work()
    assert is_open(contoso)


UNUSABLE: list[tuple[dict[str, object], str]] = [
    ({"category": "ContainerRegistryTomorrow"}, "unknown_category"),
    ({"category": None}, "unknown_category"),
    ({"resourceId": "<nil>"}, "unknown_registry"),
    ({"resourceId": "/SUBSCRIPTIONS/X/RESOURCEGROUPS/Y"}, "unknown_registry"),
    ({"time": "<nil>"}, "no_time"),
    ({"properties": {"repository": "<nil>"}}, "illegal_name"),
    ({"properties": {"repository": "../../etc/passwd"}}, "illegal_name"),
    ({"properties": {"repository": "Team/App", "tag": "v1"}}, "illegal_name"),
    ({"properties": {"repository": "team/app", "tag": "<script>alert(1)</script>"}}, "illegal_name"),
    ({"properties": {"repository": "team/app", "tag": "v1", "digest": "sha256:1"}}, "illegal_name"),
    ({"properties": "not an object"}, "not_a_row"),
]


def test_rows_that_cannot_be_used_have_named_outcomes_and_the_one_among_them_is_handled(
    azure: LocalAzure, contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    half = len(UNUSABLE) // 2
    broken = [row | change for change, _ in UNUSABLE]
    assert bot.host.stream("diagnostic_logs", [body(*broken[:half], row, *broken[half:])]) is None
    assert kept(bot) == Counter(outcome for _, outcome in UNUSABLE)
    bot.work()
    assert is_open(contoso)
    assert len(azure.writes()) == 1


def test_a_resource_id_in_another_case_is_the_same_registry(
    contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    for cased in (str.upper, str.lower, str.title):
        bot.host.stream("diagnostic_logs", [body(row | {"resourceId": cased(contoso.resource_id)})])
    [incident] = bot.app.incidents.of("contoso")
    assert (incident.count, kept(bot)) == (1, {})


def test_a_value_that_is_nil_is_no_value(contoso: Registry, bot: Installation, row: dict[str, Any]) -> None:
    nil = row | {"identity": "<nil>", "callerIpAddress": "<nil>"}
    bot.host.stream("diagnostic_logs", [body(nil)])
    [incident] = bot.app.incidents.of("contoso")
    assert incident.address is None
    assert kept(bot) == {}
    assert contoso.name == incident.registry


def test_a_text_of_ten_megabytes_is_not_read_and_the_neighbours_are(
    contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    long = body(row | {"identity": "x" * TEN_MEGABYTES})
    bot.host.stream("diagnostic_logs", [long, body(row)])
    assert kept(bot) == {"too_large": 1}
    bot.work()
    assert is_open(contoso)


def test_events_of_other_types_and_shapes_are_kept_and_never_sent_again(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.push(contoso, "team/app", "v1", b"newer")
    [pushed] = azure.take_events()
    odd: list[dict[str, object]] = [
        {"eventType": "Microsoft.Storage.BlobCreated"},
        {"topic": "/subscriptions/x"},
        {"data": {"target": {"repository": "../../x"}}},
        {"data": {}},
        {"data": {"target": [1, 2]}},
        {"eventType": "Microsoft.ContainerRegistry.ImageDeleted"},
    ]
    assert bot.host.deliver("registry_events", [pushed.as_event_grid() | change for change in odd]) == 202
    assert kept(bot) == {
        "unknown_event_type": 1,
        "unknown_registry": 1,
        "illegal_name": 1,
        "not_this_event": 2,
    }


REPORT = {
    "text": "denied: The operation is disallowed on this registry, repository or image.",
    "image": "team/app:v1",
}


def sent(bot: Installation, whole: bytes) -> tuple[int, dict[str, str]]:
    answer = bot.host.answer("POST", "/api/push-reports", whole, {"x-functions-key": "a-function-key"})
    return answer.status, answer.json()


UNUSABLE_REPORTS = [
    (b"", 400, "not_a_report"),
    (b"hello", 400, "not_a_report"),
    (b"\xff", 400, "not_a_report"),
    (b"[]", 400, "not_a_report"),
    (b'{"text": 7}', 400, "not_a_report"),
    (b'{"text": "x", "force": true}', 400, "not_a_report"),
    (b'{"text": ' + b"[" * 100_000 + b"}", 400, "not_a_report"),
    (json.dumps({"text": "x" * TEN_MEGABYTES}).encode(), 413, "too_large"),
    (json.dumps(REPORT | {"registry": "evil.example.com"}).encode(), 422, "unknown_registry"),
    (json.dumps(REPORT | {"registry": "fabrikam.azurecr.io"}).encode(), 422, "unknown_registry"),
    (json.dumps(REPORT | {"image": "../../x"}).encode(), 422, "illegal_name"),
    (json.dumps({"text": REPORT["text"]}).encode(), 422, "no_image"),
]


def test_reports_that_cannot_be_used_are_answered_counted_and_kept(
    azure: LocalAzure, bot: Installation
) -> None:
    answers = [sent(bot, whole) for whole, _, _ in UNUSABLE_REPORTS]
    assert [(status, answer["outcome"]) for status, answer in answers] == [
        (status, outcome) for _, status, outcome in UNUSABLE_REPORTS
    ]
    assert kept(bot) == Counter(outcome for _, _, outcome in UNUSABLE_REPORTS)
    assert list(bot.app.incidents.of("contoso")) == []
    assert azure.requests == []


def test_a_report_without_the_functions_key_never_reaches_us(bot: Installation) -> None:
    answer = bot.host.answer("POST", "/api/push-reports", json.dumps(REPORT).encode(), {})
    assert answer.status == 401
    assert kept(bot) == {}


def test_a_message_that_is_no_command_reaches_people_and_is_kept(
    azure: LocalAzure, bot: Installation
) -> None:
    bot.host.visibility = timedelta()
    bot.host.send("push-medic", "this is no command")
    for _ in range(bot.host.max_dequeue_count):
        bot.host.pump("respond")
    bot.work()
    assert kept(bot) == {"poisoned": 1}
    assert len(azure.teams_cards) == 1
    assert bot.host.waiting("push-medic-poison") == []


def test_an_incident_that_cannot_be_handled_reaches_people_and_costs_the_next_one_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation, row: dict[str, Any]
) -> None:
    bot.host.stream("diagnostic_logs", [body(row)])
    [incident] = bot.app.incidents.of("contoso")
    bot.host.send("push-medic-poison", bot.host.waiting("push-medic")[0])
    bot.host.pump("poisoned")
    bot.work()
    [gone] = bot.app.incidents.of("contoso")
    assert (gone.id, gone.state) == (incident.id, State.WITH_PEOPLE)
    assert azure.writes() == []
    assert "could not handle" in str(azure.teams_cards)
    contoso.push("team/app", "v2")
    contoso.lock("team/app", tag="v2")
    azure.push(contoso, "team/app", "v2", b"new")
    bot.stream()
    bot.work()
    assert contoso.attributes("team/app", "v2").write_enabled
