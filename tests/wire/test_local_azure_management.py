"""The real management, query, event and identity clients against the local Azure."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.messaging import CloudEvent
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.eventgrid import EventGridEvent, EventGridPublisherClient
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import (
    IPRule,
    NetworkRuleSet,
    Registry,
    RegistryPropertiesUpdateParameters,
    RegistryUpdateParameters,
)
from azure.monitor.query import LogsQueryClient, LogsQueryResult

from tests.local_azure import SUBSCRIPTION, SYSTEM_ASSIGNED, TENANT, LocalAzure

RECORDED = Path(__file__).parents[1] / "fixtures" / "acr"
ARM_SCOPE = "https://management.azure.com/.default"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running


@pytest.fixture
def arm(azure: LocalAzure) -> Iterator[ContainerRegistryManagementClient]:
    with management(azure) as made:
        yield made


def management(
    azure: LocalAzure, client_id: str = "medic", api_version: str = "2025-11-01"
) -> ContainerRegistryManagementClient:
    return ContainerRegistryManagementClient(
        azure.credential(client_id),
        SUBSCRIPTION,
        base_url=azure.arm_url,
        credential_scopes=[ARM_SCOPE],
        connection_verify=azure.ca_certificate,
        polling_interval=0.01,
        retry_total=0,
        api_version=api_version,
    )


def recorded(name: str) -> Any:  # noqa: ANN401 - a recording is whatever was recorded
    return json.loads(next(RECORDED.glob(f"{name}_*")).read_text())


def names(document: Any) -> Any:  # noqa: ANN401 - as above
    """The names in a document, at every depth."""
    match document:
        case dict():
            return {name: names(value) for name, value in document.items()}
        case list():
            return [names(document[0])] if document else []
        case _:
            return None


def allow(*values: str, default: str = "Deny") -> RegistryUpdateParameters:
    rules = [IPRule(ip_address_or_range=value, action="Allow") for value in values]
    return changed_to(NetworkRuleSet(default_action=default, ip_rules=rules))


def changed_to(rules: NetworkRuleSet) -> RegistryUpdateParameters:
    return RegistryUpdateParameters(properties=RegistryPropertiesUpdateParameters(network_rule_set=rules))


@pytest.mark.parametrize(("step", "version"), [(0, "2023-11-01-preview"), (2, "2021-08-01-preview")])
def test_a_registry_is_shown_with_the_names_of_the_recording(
    azure: LocalAzure, step: int, version: str
) -> None:
    subnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    azure.add_registry("contoso", ip_rules=["16.17.18.0/24"], virtual_network_rules=[subnet])
    with management(azure, api_version=version) as made:
        shown = made._client.send_request(HttpRequest("GET", _url(azure, version)))
    assert names(shown.json()) == names(recorded("40")["steps"][step]["response"])


def _url(azure: LocalAzure, version: str) -> str:
    registry = next(iter(azure.registries.values()))
    return f"{azure.arm_url}{registry.resource_id}?api-version={version}"


def test_the_sdk_reads_a_registry(azure: LocalAzure, arm: ContainerRegistryManagementClient) -> None:
    registry = azure.add_registry("contoso", default_action="Deny", ip_rules=["16.17.18.0/24"])
    shown = arm.registries.get("rg1", "contoso")
    assert (shown.login_server, shown.sku.name, shown.provisioning_state) == (
        registry.login_server,
        "Premium",
        "Succeeded",
    )
    assert shown.network_rule_set is not None
    assert [rule.ip_address_or_range for rule in shown.network_rule_set.ip_rules or []] == ["16.17.18.0/24"]
    assert [made.action for made in azure.requests] == ["Microsoft.ContainerRegistry/registries/read"]
    assert [made.identity for made in azure.requests] == ["medic"]


def test_registries_are_listed_by_subscription_and_by_group(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    azure.add_registry("one")
    azure.add_registry("two", resource_group="rg2")
    azure.add_registry("elsewhere", subscription="00000000-0000-0000-0000-00000000000b")
    assert [one.name for one in arm.registries.list()] == ["one", "two"]
    assert [one.name for one in arm.registries.list_by_resource_group("rg2")] == ["two"]


def test_a_registry_that_is_not_there_is_not_found(arm: ContainerRegistryManagementClient) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        arm.registries.get("rg1", "nobody")
    assert missing.value.error is not None
    assert missing.value.error.code == "ResourceNotFound"


def test_usages_have_the_entries_that_were_recorded_and_the_ceiling_only_where_it_is_known(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso", ip_rules=["203.0.113.1", "203.0.113.2", "203.0.113.3"])
    usages = arm.registries.list_usages("rg1", "contoso").value or []
    assert {entry["name"] for entry in recorded("41")["value"]} <= {usage.name for usage in usages}
    assert "MaximumStorageCapacity" not in {usage.name for usage in usages}
    registry.maximum_storage_capacity = 109951162777600
    registry.usage_bytes = 105553116266496
    usages = arm.registries.list_usages("rg1", "contoso").value or []
    assert [usage.as_dict() for usage in usages] == recorded("43")["value"]


def test_a_change_answers_at_once_keeps_what_is_left_out_and_replaces_an_array_as_a_whole(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    subnet = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    registry = azure.add_registry(
        "contoso", default_action="Deny", ip_rules=["16.17.18.0/24"], virtual_network_rules=[subnet]
    )
    only_action = changed_to(NetworkRuleSet(default_action="Allow"))
    changed = arm.registries.begin_update("rg1", "contoso", only_action).result()
    assert changed.provisioning_state == "Succeeded"
    assert (registry.default_action, registry.ip_rules) == ("Allow", ["16.17.18.0/24"])
    arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7")).result()
    assert (registry.default_action, registry.ip_rules) == ("Deny", ["203.0.113.7"])
    assert registry.virtual_network_rules == [{"action": "Allow", "id": subnet}]
    assert [made.path for made in azure.writes()] == [registry.resource_id] * 2
    assert len(azure.requests) == 2


def test_no_answer_carries_an_etag(azure: LocalAzure, arm: ContainerRegistryManagementClient) -> None:
    azure.add_registry("contoso")
    shown = arm._client.send_request(HttpRequest("GET", _url(azure, "2025-11-01")))
    assert "ETag" not in shown.headers


def test_what_the_api_version_does_not_know_survives_a_change(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso", default_action="Deny")
    registry.unknown_properties = {"metadataSearch": "Enabled"}
    rules = arm.registries.get("rg1", "contoso").network_rule_set
    assert rules is not None
    rules.ip_rules = [IPRule(ip_address_or_range="203.0.113.7", action="Allow")]
    arm.registries.begin_update("rg1", "contoso", changed_to(rules)).result()
    assert arm.registries.get("rg1", "contoso")["properties"]["metadataSearch"] == "Enabled"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (["203.0.113.0/33"], "NetworkRuleValidationError"),
        (["2001:db8::1"], "NetworkRuleValidationError"),
        (["203.0.113.7", "203.0.113.7"], "NetworkRuleValidationError"),
        ([f"203.0.{block}.{last}" for block in range(2) for last in range(101)], "QuotaExceeded"),
    ],
)
def test_rules_that_the_service_would_not_take_are_refused_and_nothing_is_changed(
    azure: LocalAzure, arm: ContainerRegistryManagementClient, values: list[str], code: str
) -> None:
    registry = azure.add_registry("contoso", default_action="Deny", ip_rules=["16.17.18.0/24"])
    with pytest.raises(HttpResponseError) as refused:
        arm.registries.begin_update("rg1", "contoso", allow(*values))
    assert (refused.value.status_code, refused.value.error and refused.value.error.code) == (400, code)
    assert registry.ip_rules == ["16.17.18.0/24"]
    assert azure.writes() == []


def test_two_hundred_rules_are_allowed(azure: LocalAzure, arm: ContainerRegistryManagementClient) -> None:
    azure.add_registry("contoso")
    values = [f"203.0.{block}.{last}" for block in range(2) for last in range(100)]
    changed: Registry = arm.registries.begin_update("rg1", "contoso", allow(*values)).result()
    assert changed.network_rule_set is not None
    assert len(changed.network_rule_set.ip_rules or []) == 200


def test_rules_are_for_premium_only(azure: LocalAzure, arm: ContainerRegistryManagementClient) -> None:
    azure.add_registry("contoso", sku="Standard")
    assert arm.registries.get("rg1", "contoso").network_rule_set is None
    with pytest.raises(HttpResponseError, match="for the SKU Standard"):
        arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7"))


def test_a_read_only_lock_of_arm_stops_changes_and_not_pushes(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso")
    registry.resource_lock = "ReadOnly"
    with pytest.raises(HttpResponseError) as refused:
        arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7"))
    assert (refused.value.status_code, refused.value.error and refused.value.error.code) == (
        409,
        "ScopeLocked",
    )
    assert azure.push(registry, "team/app", "v1").succeeded


def test_a_change_may_be_a_long_running_operation_that_the_sdk_follows(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    azure.add_registry("contoso")
    azure.arm_async = "updating"
    settled = arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7")).result()
    assert settled.provisioning_state == "Succeeded"
    azure.arm_async = "201"
    poller: LROPoller[Registry] = arm.registries.begin_update("rg1", "contoso", allow("203.0.113.8"))
    assert poller.result().provisioning_state == "Succeeded"
    assert "operationStatuses" in azure.requests[-2].path


def test_the_sdk_refuses_a_202_although_the_change_was_made(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso")
    azure.arm_async = "202"
    with pytest.raises(HttpResponseError, match="Accepted"):
        arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7"))
    assert registry.ip_rules == ["203.0.113.7"]


def test_a_rule_may_take_its_time_to_come_into_force(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso", default_action="Deny")
    azure.propagation_delay = 120
    arm.registries.begin_update("rg1", "contoso", allow(azure.client_address)).result()
    assert azure.push(registry, "team/app", "v1").status == 403
    azure.clock = lambda: datetime.now(UTC) + timedelta(seconds=121)
    assert azure.push(registry, "team/app", "v1").succeeded


def test_every_change_of_a_registry_raises_an_event_that_names_who_made_it(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso")
    arm.registries.begin_update("rg1", "contoso", allow("203.0.113.7")).result()
    (event,) = azure.take_events()
    assert names([event.as_event_grid()]) == names(recorded("19"))
    assert (event.subject, event.data["claims"]["appid"]) == (registry.resource_id, "medic")
    assert azure.take_events() == []


def test_a_missing_right_is_refused_in_the_words_of_arm(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    azure.rights["reader"] = {
        "Microsoft.ContainerRegistry/registries/read",
        "Microsoft.ContainerRegistry/registries/listUsages/read",
    }
    with management(azure, "reader") as reader:
        assert reader.registries.get("rg1", "contoso").name == "contoso"
        with pytest.raises(HttpResponseError) as refused:
            reader.registries.begin_update("rg1", "contoso", allow("203.0.113.7"))
    assert refused.value.status_code == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "AuthorizationFailed"
    for said in ("'reader'", "'Microsoft.ContainerRegistry/registries/write'", f"'{registry.resource_id}'"):
        assert said in str(refused.value.error.message)
    assert azure.writes() == []


def test_a_token_for_another_audience_is_refused_by_arm(azure: LocalAzure) -> None:
    azure.add_registry("contoso")
    with (
        ContainerRegistryManagementClient(
            azure.credential(),
            SUBSCRIPTION,
            base_url=azure.arm_url,
            credential_scopes=["https://containerregistry.azure.net/.default"],
            connection_verify=azure.ca_certificate,
        ) as wrong,
        pytest.raises(ClientAuthenticationError, match="wrong audience"),
    ):
        wrong.registries.get("rg1", "contoso")


def test_a_managed_identity_gets_its_token_over_plain_http_and_is_known_by_it(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.add_registry("contoso")
    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    with (
        ManagedIdentityCredential() as system,
        ManagedIdentityCredential(client_id="11111111-2222-3333-4444-555555555555") as assigned,
    ):
        for credential in (system, assigned):
            with ContainerRegistryManagementClient(
                credential,
                SUBSCRIPTION,
                base_url=azure.arm_url,
                credential_scopes=[ARM_SCOPE],
            ) as made:
                made.registries.get("rg1", "contoso")
    seen = [(made.path, made.identity) for made in azure.requests if not made.path.startswith("/msi")]
    assert [identity for _, identity in seen] == [SYSTEM_ASSIGNED, "11111111-2222-3333-4444-555555555555"]


def test_the_identity_endpoint_wants_its_secret_header(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (azure.environment() | {"IDENTITY_HEADER": "guessed"}).items():
        monkeypatch.setenv(name, value)
    with (
        caplog.at_level(logging.CRITICAL),
        ManagedIdentityCredential() as guessing,
        pytest.raises(ClientAuthenticationError),
    ):
        guessing.get_token(ARM_SCOPE)


def test_an_application_gets_a_token_for_its_secret(azure: LocalAzure) -> None:
    azure.secrets["deployer"] = "right"

    def credential(secret: str) -> ClientSecretCredential:
        return ClientSecretCredential(
            TENANT,
            "deployer",
            secret,
            authority=azure.authority_url,
            connection_verify=azure.ca_certificate,
            disable_instance_discovery=True,
        )

    with credential("right") as good, credential("wrong") as bad:
        claims = azure.mint.claims(good.get_token(ARM_SCOPE).token)
        assert (claims["aud"], claims["appid"]) == ("https://management.azure.com", "deployer")
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            bad.get_token(ARM_SCOPE)


def logs(azure: LocalAzure) -> LogsQueryClient:
    return LogsQueryClient(
        azure.credential("medic"),
        endpoint=azure.logs_url,
        connection_verify=azure.ca_certificate,
        retry_total=0,
    )


FAILED_PUSHES = """
ContainerRegistryRepositoryEvents
| where OperationName =~ "Push" and toint(ResultDescription) >= 400
| summarize Failures = count(), Last = max(TimeGenerated) by LoginServer, Repository, Tag, Identity
"""


def test_a_failed_push_is_found_by_a_query_that_is_really_executed(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    registry.push("team/app", "v1")
    registry.lock("team/app")
    for _ in range(2):
        azure.push(registry, "team/app", "v1")
    with logs(azure) as client:
        found = client.query_workspace(azure.workspace_id, FAILED_PUSHES, timespan=timedelta(hours=1))
        assert isinstance(found, LogsQueryResult)
        (row,) = found.tables[0].rows
        assert (row["Failures"], row["Repository"], row["Tag"], row["Identity"]) == (
            2,
            "team/app",
            "v1",
            "ci-pipeline",
        )
        assert isinstance(row["Last"], datetime)
        same = client.query_resource(registry.resource_id, FAILED_PUSHES, timespan=timedelta(hours=1))
        assert isinstance(same, LogsQueryResult)
        assert [list(one) for one in same.tables[0].rows] == [list(row)]
        other = azure.add_registry("other")
        none = client.query_resource(other.resource_id, FAILED_PUSHES, timespan=timedelta(hours=1))
        assert isinstance(none, LogsQueryResult)
        assert none.tables[0].rows == []


def test_the_tables_have_the_columns_of_the_documented_schema(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    azure.push(registry, "team/app", "v1")
    schema = recorded("03")
    with logs(azure) as client:
        for table in ("ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"):
            found = client.query_workspace(azure.workspace_id, table, timespan=None)
            assert isinstance(found, LogsQueryResult)
            shown = found.tables[0]
            assert dict(zip(shown.columns, shown.columns_types, strict=True)) == schema[table]
            assert len(shown.rows) == 1


def test_a_query_sees_its_timespan_only_and_nothing_that_has_not_arrived_yet(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    now = datetime.now(UTC)
    for minutes in (90, 30, 1):
        azure.clock = lambda minutes=minutes: now - timedelta(minutes=minutes)  # type: ignore[misc]
        azure.push(registry, "team/app", f"minus-{minutes}")
    azure.clock = lambda: now
    azure.ingestion_delay = 300
    query = "ContainerRegistryRepositoryEvents | project Tag | order by Tag asc"
    with logs(azure) as client:

        def tags(timespan: Any) -> list[str]:  # noqa: ANN401 - the SDK takes several forms
            found = client.query_workspace(azure.workspace_id, query, timespan=timespan)
            assert isinstance(found, LogsQueryResult)
            return [row[0] for row in found.tables[0].rows]

        assert tags(timedelta(hours=1)) == ["minus-30"]
        assert tags((now - timedelta(hours=2), now)) == ["minus-30", "minus-90"]
        assert tags((now - timedelta(hours=2), timedelta(hours=1))) == ["minus-90"]
        azure.ingestion_delay = 0
        assert tags(None) == ["minus-1", "minus-30", "minus-90"]


@pytest.mark.parametrize("query", ["ContainerRegistryRepositoryEvents | where (", "NoSuchTable", "T | take"])
def test_a_wrong_query_is_a_bad_argument(azure: LocalAzure, query: str) -> None:
    with logs(azure) as client, pytest.raises(HttpResponseError, match="BadArgumentError") as refused:
        client.query_workspace(azure.workspace_id, query, timespan=timedelta(hours=1))
    assert refused.value.status_code == 400


def test_logs_are_refused_to_whom_may_not_read_them(azure: LocalAzure) -> None:
    azure.rights["medic"] = set()
    with logs(azure) as client, pytest.raises(HttpResponseError, match="InsufficientAccessError"):
        client.query_workspace(azure.workspace_id, "ContainerRegistryLoginEvents", timespan=None)
    azure.rights["medic"] = {"Microsoft.OperationalInsights/workspaces/query/*/read"}
    with logs(azure) as client:
        client.query_workspace(azure.workspace_id, "ContainerRegistryLoginEvents", timespan=None)


def metrics(azure: LocalAzure, arm: ContainerRegistryManagementClient, resource_id: str, query: str) -> Any:  # noqa: ANN401
    url = f"{azure.arm_url}{resource_id}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&{query}"
    answer = arm._client.send_request(HttpRequest("GET", url))
    answer.raise_for_status()
    return answer.json()


def test_the_storage_metric_shows_the_history_with_its_holes(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso", usage_bytes=1_000_000)
    registry.grew(days=3, bytes_per_day=24_000)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    span = f"{now - timedelta(days=4):%Y-%m-%dT%H:%M:%SZ}/{now:%Y-%m-%dT%H:%M:%SZ}"
    shown = metrics(
        azure,
        arm,
        registry.resource_id,
        f"metricnames=StorageUsed&aggregation=Average&interval=P1D&timespan={span}&$filter=Geolocation eq '*'",
    )
    (metric,) = shown["value"]
    (series,) = metric["timeseries"]
    assert (metric["name"]["value"], metric["unit"]) == ("StorageUsed", "Bytes")
    assert series["metadatavalues"][0]["value"] == "westeurope"
    hole, *days = series["data"]
    assert "average" not in hole
    assert [later["average"] - day["average"] for day, later in pairwise(days)] == [24_000] * 2


def test_the_push_metrics_tell_how_many_failed_and_nothing_more(
    azure: LocalAzure, arm: ContainerRegistryManagementClient
) -> None:
    registry = azure.add_registry("contoso")
    azure.push(registry, "team/app", "v1")
    registry.lock("team/app")
    azure.push(registry, "team/app", "v1")
    soon = datetime.now(UTC) + timedelta(minutes=1)
    span = f"{soon - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}/{soon:%Y-%m-%dT%H:%M:%SZ}"
    query = f"metricnames=TotalPushCount,SuccessfulPushCount&aggregation=Total&interval=PT1M&timespan={span}"
    shown = metrics(azure, arm, registry.resource_id, query)
    totals = {
        metric["name"]["value"]: sum(point["total"] for point in metric["timeseries"][0]["data"])
        for metric in shown["value"]
    }
    assert totals == {"TotalPushCount": 2, "SuccessfulPushCount": 1}


def test_events_are_published_in_both_schemas(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", azure.ca_bundle)
    with EventGridPublisherClient(azure.event_grid_url, AzureKeyCredential(azure.event_grid_key)) as client:
        client.send([CloudEvent(source="/pipeline", type="PushFailed", data={"log": "denied"})])
        client.send(EventGridEvent(subject="pipeline", event_type="PushFailed", data={}, data_version="1"))
    assert [event.get("type") or event.get("eventType") for event in azure.published_events] == [
        "PushFailed"
    ] * 2
    with (
        EventGridPublisherClient(azure.event_grid_url, AzureKeyCredential("wrong")) as stranger,
        pytest.raises(ClientAuthenticationError),
    ):
        stranger.send([CloudEvent(source="/pipeline", type="PushFailed", data={})])
    with EventGridPublisherClient(azure.event_grid_url, azure.credential("medic")) as known:
        known.send([CloudEvent(source="/pipeline", type="PushFailed", data={})])
    assert azure.requests[-1].identity == "medic"
