"""How full a registry was, day by day, as Azure Monitor answers it over real HTTP."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_metrics import AzureMetrics
from checks.evidence import Unreadable
from checks.model import Registry
from tests.local_azure import LocalAzure, html, status
from tests.local_azure import Registry as LocalRegistry

METRICS = "/providers/Microsoft.Insights/metrics"
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.fixture
def local(azure: LocalAzure) -> LocalRegistry:
    return azure.add_registry("contoso")


def used(
    azure: LocalAzure, local: LocalRegistry, since: date = TODAY - 9 * DAY
) -> Mapping[date, int] | Unreadable:
    clients = AzureClients(azure.credential("reader"), azure.arm_url, "https://containerregistry.azure.net")
    registry = Registry(resource_id=local.resource_id, login_server=local.login_server)
    return AzureMetrics(clients).storage_used(registry, since, TODAY)


def answered(*series: Sequence[Mapping[str, object]]) -> str:
    """An answer with one series for each geo-replica."""
    timeseries = [{"metadatavalues": [], "data": data} for data in series]
    return json.dumps({"value": [{"name": {"value": "StorageUsed"}, "timeseries": timeseries}]})


def test_a_day_is_what_was_used_on_it(azure: LocalAzure, local: LocalRegistry) -> None:
    local.usage_bytes = 10**13
    local.grew(days=20, bytes_per_day=10**10)
    found = used(azure, local)
    assert isinstance(found, dict)
    assert sorted(found) == [TODAY - ago * DAY for ago in range(9, -1, -1)]
    assert abs(found[TODAY - DAY] - (found[TODAY - 2 * DAY] + 10**10)) < 10**6


def test_a_day_without_a_figure_is_a_hole_and_no_zero(azure: LocalAzure, local: LocalRegistry) -> None:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    local.storage_history = [(noon - 5 * DAY, 500), (noon - 3 * DAY, 700)]
    assert used(azure, local) == {TODAY - 5 * DAY: 500, TODAY - 3 * DAY: 700}


def test_a_geo_replica_is_a_copy_so_the_largest_counts_and_not_the_sum(
    azure: LocalAzure, local: LocalRegistry
) -> None:
    first, second = (f"{TODAY - ago * DAY}T00:00:00Z" for ago in (2, 1))
    west = [{"timeStamp": first, "average": 7.0e12}, {"timeStamp": second, "average": 7.2e12}]
    north: list[dict[str, object]] = [{"timeStamp": first, "average": 6.9e12}, {"timeStamp": second}]
    azure.faults.add(effect=status(200, answered(west, north)), path=METRICS)
    assert used(azure, local) == {TODAY - 2 * DAY: 7_000_000_000_000, TODAY - DAY: 7_200_000_000_000}


def test_who_may_not_read_metrics_is_told_the_right(azure: LocalAzure, local: LocalRegistry) -> None:
    azure.rights["reader"] = set()
    assert used(azure, local) == Unreadable("Azure answered 403", "Microsoft.Insights/metrics/read")


def test_what_is_no_answer_is_none(azure: LocalAzure, local: LocalRegistry) -> None:
    azure.faults.add(effect=html(200), path=METRICS)
    assert isinstance(used(azure, local), Unreadable)
