"""Diagnostic rows that have reached Log Analytics, in the shape of the stream's rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from azure.core.exceptions import AzureError, HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from checks.evidence import Unreadable
from checks.intake.diagnostic_logs import CLIENTS_OWN
from checks.model import Registry
from checks.ports import Some

# `ResultDescription` is a string column, and a missing value may be the text "<nil>", which `toint` makes no number.
# What is no signal to intake is not asked for, for it would be read again and again.
# Only the last success can make good for a failure, so no more than that is asked for of each image and identity.
# Who was refused by the firewall has no name yet, so whoever gets in from that address makes good for it; and some
# addresses come with the port of one connection.
# https://learn.microsoft.com/azure/azure-monitor/reference/tables/containerregistryrepositoryevents
FAILURES: Final = r"""
let ours = dynamic([REGISTRIES]);
let pushes = ContainerRegistryRepositoryEvents
| where OperationName =~ "Push" and _ResourceId in~ (ours)
| extend Status = toint(ResultDescription), Address = replace_regex(CallerIpAddress, PORT, @"\1");
let failed = pushes
| where Status >= 400 and Status !in (CLIENTS_OWN) and not(Status == 401 and Identity in (NOBODY));
let pushed = pushes
| where Status between (200 .. 299)
| join kind=leftsemi (failed) on _ResourceId, Repository
| summarize arg_max(TimeGenerated, *) by _ResourceId, Repository, Tag, Identity, Address;
let logins = ContainerRegistryLoginEvents
| where OperationName =~ "Login" and _ResourceId in~ (ours)
| extend Status = toint(ResultDescription), Address = replace_regex(CallerIpAddress, PORT, @"\1");
let refused = logins
| where Status >= 400 and not(Status == 401 and Identity in (NOBODY));
let admitted = logins
| where Status between (200 .. 299)
| join kind=leftsemi (union refused, (failed | where Status == 403)) on _ResourceId, Address
| summarize arg_max(TimeGenerated, *) by _ResourceId, Identity, Address;
union
    (failed | project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
        Identity, _ResourceId, Repository, Tag, Digest),
    (pushed | project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
        Identity, _ResourceId, Repository, Tag, Digest),
    (refused | project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
        Identity, _ResourceId, Repository = "", Tag = "", Digest = ""),
    (admitted | project TimeGenerated, Category, OperationName, ResultDescription, CorrelationId, CallerIpAddress,
        Identity, _ResourceId, Repository = "", Tag = "", Digest = "")
| order by TimeGenerated asc
"""


_PORT: Final = r'@"^([0-9.]+|\[.+\]):[0-9]+$"'


def failures_of(registries: Iterable[Registry]) -> str:
    """The question about these registries. A workspace may hold the rows of others, which are nothing to us."""
    names = ", ".join(f'"{registry.key}"' for registry in registries)
    question = FAILURES.replace("REGISTRIES", names).replace("NOBODY", '"", "<nil>"').replace("PORT", _PORT)
    return question.replace("CLIENTS_OWN", ", ".join(CLIENTS_OWN)).strip()


QUERY_READ: Final = "Microsoft.OperationalInsights/workspaces/query/read"
_REFUSED: Final = (401, 403)


class LogAnalytics:
    """Asks one workspace."""

    def __init__(self, client: LogsQueryClient, workspace_id: str, registries: Iterable[Registry]) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._question = failures_of(registries)

    def failures(self, since: datetime, until: datetime) -> tuple[bytes, ...] | Some | Unreadable:
        """Every row of a push or login that failed in that time, each as one record of the stream."""
        try:
            answer = self._client.query_workspace(
                self._workspace_id, self._question, timespan=(since, until), server_timeout=30
            )
        except AzureError as error:
            refused = isinstance(error, HttpResponseError) and error.status_code in _REFUSED
            return Unreadable(
                f"Log Analytics did not answer ({_in_short(error)})", QUERY_READ if refused else None
            )
        match answer:
            case LogsQueryResult():
                return tuple(_records(answer.tables))
            case LogsQueryPartialResult():
                code = answer.partial_error.code if answer.partial_error else "for no given reason"
                return Some(
                    rows=tuple(_records(answer.partial_data)),
                    why=f"Log Analytics answered with a part of the rows only ({code})",
                )


def _in_short(error: AzureError) -> str:
    status = error.status_code if isinstance(error, HttpResponseError) else None
    return f"{type(error).__name__} {status}" if status else type(error).__name__


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
