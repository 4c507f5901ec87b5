"""What Azure Monitor counts of a registry: one GET of the management plane, for which no SDK is needed."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
from azure.core.rest import HttpRequest

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_registry import AZURE_ERRORS, unreadable
from checks.evidence import Unreadable
from checks.model import Registry

METRICS_READ: Final = "Microsoft.Insights/metrics/read"
_VERSION: Final = "2023-10-01"
_TOTAL: Final = "TotalPushCount"
_GOOD: Final = "SuccessfulPushCount"
_STORAGE: Final = "StorageUsed"


class _Point(msgspec.Struct, rename={"at": "timeStamp"}):
    at: datetime
    total: float | None = None
    average: float | None = None


class _Series(msgspec.Struct):
    data: list[_Point] = []


class _Name(msgspec.Struct):
    value: str


class _Metric(msgspec.Struct):
    name: _Name
    timeseries: list[_Series] = []


class _Metrics(msgspec.Struct):
    value: list[_Metric]


class AzureMetrics:
    """Reads the metrics of registries. Never raises for what Azure answers."""

    def __init__(self, clients: AzureClients) -> None:
        self._clients = clients

    def failed_pushes(
        self, registry: Registry, since: datetime, until: datetime
    ) -> Mapping[datetime, int] | Unreadable:
        """How many more pushes there were than pushes that succeeded, in each minute in which there were any."""
        found = self._metrics(
            registry,
            metricnames=f"{_TOTAL},{_GOOD}",
            aggregation="Total",
            interval="PT1M",
            timespan=f"{since:%Y-%m-%dT%H:%M:00Z}/{until:%Y-%m-%dT%H:%M:%SZ}",
        )
        if isinstance(found, Unreadable):
            return found
        gap: Counter[datetime] = Counter()
        for metric in found.value:
            sign = {_TOTAL: 1, _GOOD: -1}.get(metric.name.value, 0)
            for point in (point for series in metric.timeseries for point in series.data):
                gap[point.at] += sign * int(point.total or 0)
        return {minute: count for minute, count in gap.items() if count > 0}

    def storage_used(self, registry: Registry, since: date, until: date) -> Mapping[date, int] | Unreadable:
        """The bytes in use on each day from `since` to `until`, the days without a figure left out.

        Each geo-replica has a series of its own and holds the same images: the ceiling counts them once, so the
        largest is what counts.
        """
        found = self._metrics(
            registry,
            metricnames=_STORAGE,
            aggregation="Average",
            interval="P1D",
            timespan=f"{since:%Y-%m-%d}T00:00:00Z/{until + timedelta(days=1):%Y-%m-%d}T00:00:00Z",
            **{"$filter": "Geolocation eq '*'"},
        )
        if isinstance(found, Unreadable):
            return found
        used: dict[date, int] = {}
        for series in (series for metric in found.value for series in metric.timeseries):
            for point in series.data:
                if point.average is not None:
                    day = point.at.astimezone(UTC).date()
                    used[day] = max(used.get(day, 0), round(point.average))
        return used

    def _metrics(self, registry: Registry, **asked: str) -> _Metrics | Unreadable:
        request = HttpRequest(
            "GET",
            f"{registry.resource_id}/providers/Microsoft.Insights/metrics",
            params={"api-version": _VERSION, **asked},
        )
        try:
            answer = self._clients.arm(registry).send_request(request)
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=_Metrics)
        except AZURE_ERRORS as error:
            return unreadable(error, METRICS_READ)
