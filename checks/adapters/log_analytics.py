"""Diagnostic rows that have reached Log Analytics, in the shape of the stream's rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from azure.core.exceptions import AzureError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from checks.evidence import Unreadable

# `DurationMs` and `ResultDescription` are string columns; a missing value may be the text "<nil>".
FAILURES: Final = """
let repository = ContainerRegistryRepositoryEvents
| where OperationName =~ "Push" and toint(ResultDescription) >= 400
| project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
    Identity, _ResourceId, Repository, Tag, Digest;
let login = ContainerRegistryLoginEvents
| where toint(ResultDescription) >= 400
| project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
    Identity, _ResourceId, Repository = "", Tag = "", Digest = "";
union repository, login
| order by TimeGenerated asc
"""


class LogAnalytics:
    """Asks one workspace."""

    def __init__(self, client: LogsQueryClient, workspace_id: str) -> None:
        self._client = client
        self._workspace_id = workspace_id

    def failures(self, since: datetime, until: datetime) -> tuple[bytes, ...] | Unreadable:
        """Every row of a push or login that failed in that time, each as one record of the stream."""
        try:
            answer = self._client.query_workspace(
                self._workspace_id, FAILURES, timespan=(since, until), server_timeout=30
            )
        except AzureError as error:
            return Unreadable(f"Log Analytics did not answer ({type(error).__name__})")
        match answer:
            case LogsQueryResult():
                return tuple(_records(answer.tables))
            case LogsQueryPartialResult():
                return Unreadable("Log Analytics answered with a part of the rows only")


def _records(tables: list[Any]) -> Iterator[bytes]:
    for table in tables:
        for row in table.rows:
            yield _record(dict(zip(table.columns, row, strict=True)))


def _record(row: dict[str, Any]) -> bytes:
    return msgspec.json.encode(
        {
            "time": row["TimeGenerated"],
            "category": row["Category"],
            "operationName": row["OperationName"],
            "resultDescription": row["ResultDescription"],
            "correlationId": row["CorrelationId"],
            "callerIpAddress": row["CallerIpAddress"],
            "identity": row["Identity"],
            "resourceId": row["_ResourceId"],
            "properties": {
                "repository": row["Repository"],
                "tag": row["Tag"],
                "digest": row["Digest"],
            },
        }
    )
