"""The stream's rows and Log Analytics' rows of the same pushes, both from the local Azure, and the metrics."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.monitor.query import LogsQueryClient
from msgspec.structs import replace

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_metrics import AzureMetrics
from checks.adapters.log_analytics import LogAnalytics
from checks.evidence import Unreadable
from checks.intake.diagnostic_logs import read_bodies
from checks.model import Registry as Ours
from checks.model import Signal, Source, Symptom
from checks.ports import Some
from tests.local_azure import LocalAzure, Registry
from tests.local_azure.faults import html, status

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> LocalAzure:
    running.reset()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", running.ca_bundle)
    return running


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    return azure.add_registry("contoso")


def ours(registry: Registry) -> Ours:
    return Ours(resource_id=registry.resource_id, login_server=registry.login_server)


def workspace(azure: LocalAzure, *registries: Registry) -> LogAnalytics:
    client = LogsQueryClient(azure.credential("reader"), endpoint=azure.logs_url, retry_total=0)
    return LogAnalytics(client, azure.workspace_id, map(ours, registries))


def found(azure: LocalAzure, *registries: Registry) -> list[Signal]:
    """What Log Analytics' rows of the last hour are to the bot."""
    now = datetime.now(UTC)
    rows = workspace(azure, *registries).failures(now - HOUR, now + HOUR)
    assert isinstance(rows, tuple)
    return read_bodies(rows, by_id(*registries), Source.LOG_ANALYTICS).signals


def streamed(azure: LocalAzure, *registries: Registry) -> list[Signal]:
    bodies = [body.encode() for body in azure.take_hub_bodies()]
    return read_bodies(bodies, by_id(*registries)).signals


def by_id(*registries: Registry) -> dict[str, Ours]:
    return {one.key: one for one in map(ours, registries)}


def test_every_failure_is_the_same_signal_from_the_stream_and_from_the_table(
    azure: LocalAzure, contoso: Registry
) -> None:
    azure.log_challenges = azure.log_firewall_denials = True
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    assert azure.push(contoso, "team/app", "v1", b"new").status == 405
    azure.rights["stranger"] = {"Microsoft.ContainerRegistry/registries/pull/read"}
    assert azure.push(contoso, "team/app", "v2", login=contoso.login("stranger")).status == 401
    assert azure.push(contoso, "team/app", "v2", login=("somebody", "wrong")).status == 401
    contoso.default_action = "Deny"
    assert azure.push(contoso, "team/app", "v2").status == 403
    stream, table = streamed(azure, contoso), found(azure, contoso)
    symptoms = {signal.symptom for signal in stream}
    assert symptoms == {Symptom.PUSH_DISALLOWED, Symptom.UNAUTHORIZED, Symptom.ADDRESS_DENIED}
    told = [replace(signal, source=Source.DIAGNOSTIC_LOGS) for signal in table]
    assert sorted(told, key=lambda one: one.id) == sorted(stream, key=lambda one: one.id)


def test_a_table_that_keeps_seven_decimals_gives_the_same_signal(
    azure: LocalAzure, contoso: Registry
) -> None:
    contoso.push("team/app", "v1")
    contoso.lock("team/app")
    azure.push(contoso, "team/app", "v1", b"new")
    [body] = azure.take_hub_bodies()
    document = json.loads(body)
    for row in document["records"]:
        row["time"] = row["time"].replace("0Z", "9Z")
    [with_seven] = read_bodies([json.dumps(document).encode()], by_id(contoso)).signals
    [from_table] = found(azure, contoso)
    assert with_seven.id == from_table.id


def test_a_retry_that_succeeded_withdraws_the_failure_in_the_table_as_in_the_stream(
    azure: LocalAzure, contoso: Registry
) -> None:
    contoso.push("team/app", "v1")
    contoso.lock("team/app")
    azure.push(contoso, "team/app", "v1", b"new")
    contoso.unlock("team/app")
    assert azure.push(contoso, "team/app", "v1", b"new").succeeded
    assert (streamed(azure, contoso), found(azure, contoso)) == ([], [])


def test_whoever_gets_in_from_a_refused_address_withdraws_its_refusal_in_the_table_as_in_the_stream(
    azure: LocalAzure, contoso: Registry
) -> None:
    azure.log_firewall_denials = True
    contoso.default_action = "Deny"
    assert azure.push(contoso, "team/app", "v1").status == 403
    contoso.default_action = "Allow"
    azure.push(contoso, "team/other", "v1")
    for number, row in enumerate(azure.diagnostic_records):
        row["callerIpAddress"] += f":{50_000 + number}"
    assert (streamed(azure, contoso), found(azure, contoso)) == ([], [])


@pytest.mark.parametrize(
    ("whence", "left"), [("203.0.113.9:50124", 0), ("203.0.113.99:50123", 1), ("[2001:db8::9]:50123", 1)]
)
def test_a_success_is_found_whatever_port_its_connection_had(
    azure: LocalAzure, contoso: Registry, whence: str, left: int
) -> None:
    azure.clock = lambda: datetime.now(UTC) - timedelta(minutes=1)
    assert azure.push(contoso, "team/app", "v1", login=("somebody", "wrong")).status == 401
    [refused] = azure.diagnostic_records
    azure.clock = lambda: datetime.now(UTC)
    later = f"{datetime.now(UTC) - timedelta(seconds=9):%Y-%m-%dT%H:%M:%S.%f}0Z"
    refused["callerIpAddress"] = "203.0.113.9:50123"
    good = {"resultDescription": "200", "time": later, "callerIpAddress": whence}
    azure.diagnostic_records.append(refused | good)
    assert (len(streamed(azure, contoso)), len(found(azure, contoso))) == (left, left)


def test_what_succeeded_alone_is_not_even_asked_for(azure: LocalAzure, contoso: Registry) -> None:
    contoso.push("team/app", "v1")
    contoso.lock("team/app")
    azure.push(contoso, "team/app", "v1", b"new")
    for tag in ("v1", "v2"):
        azure.push(contoso, "team/other", tag, b"new")
    now = datetime.now(UTC)
    rows = workspace(azure, contoso).failures(now - HOUR, now + HOUR)
    assert isinstance(rows, tuple)
    assert [json.loads(row)["properties"]["repository"] for row in rows] == ["team/app"]


def test_what_is_no_signal_is_not_asked_for_again_and_again(azure: LocalAzure, contoso: Registry) -> None:
    azure.log_challenges = True
    azure.push(contoso, "team/app", "v1", login=("", ""))
    azure.push(contoso, "team/app", "v2", b"new")
    wrong = azure.diagnostic_records[-1]
    azure.diagnostic_records.append(wrong | {"resultDescription": "400"})
    assert {row["resultDescription"] for row in azure.diagnostic_records} >= {"400", "401"}
    now = datetime.now(UTC)
    assert workspace(azure, contoso).failures(now - HOUR, now + HOUR) == ()


def test_other_registries_in_the_workspace_are_not_asked_for(azure: LocalAzure, contoso: Registry) -> None:
    fabrikam = azure.add_registry("fabrikam")
    for one in (contoso, fabrikam):
        one.push("team/app", "v1")
        one.lock("team/app")
        azure.push(one, "team/app", "v1", b"new")
    assert [signal.registry for signal in found(azure, contoso)] == ["contoso"]
    assert [signal.registry for signal in found(azure, contoso, fabrikam)] == ["contoso", "fabrikam"]


def test_a_part_of_the_rows_is_a_part(azure: LocalAzure, contoso: Registry) -> None:
    body = {
        "tables": [{"name": "PrimaryResult", "columns": [], "rows": []}],
        "error": {"code": "PartialError", "message": "The query was too large", "details": []},
    }
    azure.faults.add(path="/v1/workspaces", effect=status(200, json.dumps(body)))
    now = datetime.now(UTC)
    assert workspace(azure, contoso).failures(now - HOUR, now) == Some(
        rows=(), why="Log Analytics answered with a part of the rows only (PartialError)"
    )


def test_without_the_right_it_says_so(azure: LocalAzure, contoso: Registry) -> None:
    azure.rights["reader"] = set()
    now = datetime.now(UTC)
    answer = workspace(azure, contoso).failures(now - HOUR, now)
    assert isinstance(answer, Unreadable)
    assert answer.why == "Log Analytics did not answer (HttpResponseError 403)"


def metrics(azure: LocalAzure) -> AzureMetrics:
    return AzureMetrics(
        AzureClients(azure.credential("reader"), azure.arm_url, "https://containerregistry.azure.net")
    )


def test_the_metrics_say_how_many_pushes_failed_and_when(azure: LocalAzure, contoso: Registry) -> None:
    before = datetime.now(UTC).replace(second=30, microsecond=0) - timedelta(minutes=5)
    azure.clock = lambda: before
    contoso.push("team/app", "v1")
    contoso.lock("team/app")
    for tag in ("v1", "v2"):
        azure.push(contoso, "team/app", tag, b"new")
    azure.push(contoso, "team/other", "v1", b"new")
    azure.clock = lambda: datetime.now(UTC)
    now = datetime.now(UTC)
    failed = metrics(azure).failed_pushes(ours(contoso), now - HOUR, now)
    assert failed == {before.replace(second=0): 2}
    assert [call.action for call in azure.requests if call.identity == "reader"] == [
        "Microsoft.Insights/metrics/read"
    ]


@pytest.mark.parametrize(
    ("rights", "why", "right"),
    [(set(), "Azure answered 403", "Microsoft.Insights/metrics/read")],
)
def test_metrics_that_may_not_be_read_name_the_right(
    azure: LocalAzure, contoso: Registry, rights: set[str], why: str, right: str
) -> None:
    azure.rights["reader"] = rights
    now = datetime.now(UTC)
    assert metrics(azure).failed_pushes(ours(contoso), now - HOUR, now) == Unreadable(why, right)


def test_metrics_that_are_no_json_are_unreadable(azure: LocalAzure, contoso: Registry) -> None:
    azure.faults.add(path="/Microsoft.Insights/", effect=html(200))
    now = datetime.now(UTC)
    answer = metrics(azure).failed_pushes(ours(contoso), now - HOUR, now)
    assert isinstance(answer, Unreadable)
