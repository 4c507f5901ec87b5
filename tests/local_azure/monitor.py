"""Azure Monitor: queries over the registry's two log tables, executed for real, and its metrics."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug import Response

from tests.local_azure.arm import authorise as authorise_arm
from tests.local_azure.arm import known_registry, registry_id
from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.clock import moment_of
from tests.local_azure.tokens import LOGS_AUDIENCE
from tests.local_azure.world import REGISTRY_TYPE, Registry, World

_COMMON = {
    "TimeGenerated": "datetime",
    "Category": "string",
    "OperationName": "string",
    "CorrelationId": "string",
    "CallerIpAddress": "string",
    "Identity": "string",
    "LoginServer": "string",
    "Region": "string",
    "ResultType": "string",
    "ResultDescription": "string",
    "UserAgent": "string",
    "DurationMs": "string",
    "Type": "string",
    "SourceSystem": "string",
    "TenantId": "string",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "_IsBillable": "string",
    "_BilledSize": "real",
}
TABLES: dict[str, dict[str, str]] = {
    "ContainerRegistryLoginEvents": _COMMON | {"JwtId": "string"},
    "ContainerRegistryRepositoryEvents": _COMMON
    | {
        "ArtifactType": "string",
        "Digest": "string",
        "MediaType": "string",
        "Repository": "string",
        "Tag": "string",
        "UserTenantId": "string",
        "Size": "int",
    },
}
_DUCKDB_TYPES = {"datetime": "TIMESTAMP", "string": "VARCHAR", "real": "DOUBLE", "int": "INTEGER"}
_DURATION = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)
_QUERY_ACTION = "Microsoft.OperationalInsights/workspaces/query/read"


def query_workspace(call: Call) -> Response:
    """Run a query over the whole workspace."""
    _authorise(call)
    if call.arguments["workspace"] != call.world.workspace_id:
        raise RefusedError(_log_error(404, "WorkspaceNotFoundError", "The workspace could not be found"))
    return _answer(call, None)


def query_resource(call: Call) -> Response:
    """Run a query over the rows of one registry."""
    _authorise(call)
    return _answer(call, registry_id(call).lower())


def log_row(world: World, record: dict[str, Any]) -> dict[str, Any]:
    """Give the row that a diagnostic record becomes in its table."""
    properties = record["properties"]
    resource_id = record["resourceId"].lower()
    row = {
        "TimeGenerated": moment_of(record["time"]).astimezone(UTC).replace(tzinfo=None),
        "Category": record["category"],
        "OperationName": record["operationName"],
        "CorrelationId": record["correlationId"],
        "CallerIpAddress": record["callerIpAddress"],
        "Identity": record["identity"],
        "LoginServer": properties["loginServer"],
        "Region": record["location"],
        "ResultType": record["resultType"],
        "ResultDescription": record["resultDescription"],
        "UserAgent": properties["userAgent"],
        "DurationMs": record["durationMs"],
        "Type": record["category"],
        "SourceSystem": "Azure",
        "TenantId": world.workspace_id,
        "_ResourceId": resource_id,
        "_SubscriptionId": resource_id.split("/")[2],
        "_IsBillable": "True",
        "_BilledSize": float(len(json.dumps(record))),
    }
    if record["category"] == "ContainerRegistryLoginEvents":
        return row | {"JwtId": properties["jwtId"]}
    return row | {
        "ArtifactType": properties["artifactType"],
        "Digest": properties["digest"],
        "MediaType": properties["mediaType"],
        "Repository": properties["repository"],
        "Tag": properties["tag"],
        "UserTenantId": properties["tenantId"],
        "Size": int(properties["size"]) if "size" in properties else None,
    }


def metrics(call: Call) -> Response:
    """Give the metrics that were asked for, one time series each; an interval without a figure has no figure."""
    authorise_arm(call, "Microsoft.Insights/metrics/read", registry_id(call))
    registry, query = known_registry(call), call.request.args
    names = [name for name in query.get("metricnames", "").split(",") if name]
    unknown = [name for name in names if name not in _METRICS]
    if unknown or not names:
        message = (
            f"Failed to find metric configuration for provider: {REGISTRY_TYPE}, metric: {','.join(unknown)}"
        )
        return json_answer({"code": "BadRequest", "message": message}, 400)
    start, end = _span(query.get("timespan"), call.world.now(), timedelta(hours=1))
    interval = query.get("interval") or "PT1H"
    return json_answer(
        {
            "cost": 0,
            "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
            "interval": interval,
            "value": [_metric(registry, name, start, end, _duration(interval)) for name in names],
            "namespace": REGISTRY_TYPE,
            "resourceregion": registry.location,
        }
    )


_METRICS = {
    "StorageUsed": ("Storage used", "Bytes"),
    "TotalPushCount": ("Total Push Count", "Count"),
    "SuccessfulPushCount": ("Successful Push Count", "Count"),
}


def _metric(registry: Registry, name: str, start: datetime, end: datetime, step: timedelta) -> dict[str, Any]:
    title, unit = _METRICS[name]
    moments = [start + step * index for index in range(int((end - start) / step))]
    if name == "StorageUsed":
        known = registry.storage_history or [(registry.world.now(), registry.usage_bytes)]
        places = registry.geo_locations or [registry.location]
        series = [_series(place, moments, step, known) for place in places]
    else:
        counted = [at for at, good in registry.pushes if good or name == "TotalPushCount"]
        data = [_counted(moment, sum(moment <= at < moment + step for at in counted)) for moment in moments]
        series = [{"metadatavalues": [], "data": data}]
    return {
        "id": f"{registry.resource_id}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": title},
        "displayDescription": title,
        "unit": unit,
        "timeseries": series,
        "errorCode": "Success",
    }


def _series(
    place: str, moments: list[datetime], step: timedelta, known: list[tuple[datetime, int]]
) -> dict[str, Any]:
    data: list[dict[str, Any]] = []
    for moment in moments:
        figures = [used for at, used in known if moment <= at < moment + step]
        point: dict[str, Any] = {"timeStamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        data.append(point | ({"average": sum(figures) / len(figures)} if figures else {}))
    geolocation = {"name": {"value": "geolocation", "localizedValue": "geolocation"}, "value": place}
    return {"metadatavalues": [geolocation], "data": data}


def _counted(moment: datetime, count: int) -> dict[str, Any]:
    return {"timeStamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "total": float(count)}


def _authorise(call: Call) -> None:
    call.action = _QUERY_ACTION
    claims = call.claims(call.bearer) if call.bearer else None
    if claims is None:
        raise RefusedError(
            _log_error(401, "AuthorizationRequiredError", "Valid authentication was not provided")
        )
    call.caller = caller_of(claims)
    if str(claims.get("aud", "")).rstrip("/") not in {LOGS_AUDIENCE, call.https_origin}:
        raise RefusedError(_log_error(403, "InvalidTokenError", "The provided authentication is not valid"))
    rights = call.world.rights.get(call.caller.client_id)
    prefix = _QUERY_ACTION.removesuffix("read").lower()
    if rights is not None and not any(right == "*" or right.lower().startswith(prefix) for right in rights):
        message = "The provided credentials have insufficient access to perform the requested operation"
        raise RefusedError(_log_error(403, "InsufficientAccessError", message))


def _answer(call: Call, resource_id: str | None) -> Response:
    body = call.body()
    if not isinstance(body, dict) or not body.get("query"):
        raise RefusedError(_bad_argument("No query was given", "NoQuery"))
    now = call.world.now()
    start, end = _span(body.get("timespan"), now, None)
    newest = now - timedelta(seconds=call.world.ingestion_delay)
    with call.world.lock:
        rows = [log_row(call.world, record) for record in call.world.diagnostic_records]
    seen = [
        row
        for row in rows
        if start <= row["TimeGenerated"].replace(tzinfo=UTC) <= min(end, newest)
        and (resource_id is None or row["_ResourceId"] == resource_id)
    ]
    columns, found = _execute(str(body["query"]), seen)
    table = {"name": "PrimaryResult", "columns": columns, "rows": found}
    return json_answer({"tables": [table]})


def _execute(query: str, rows: Iterable[dict[str, Any]]) -> tuple[list[dict[str, str]], list[list[Any]]]:
    import duckdb
    import duckdb_kql

    connection = duckdb_kql.connect()
    try:
        for table, columns in TABLES.items():
            typed = ", ".join(f'"{name}" {_DUCKDB_TYPES[kind]}' for name, kind in columns.items())
            connection.sql(f"CREATE TABLE {table} ({typed})")
        for row in rows:
            marks = ", ".join("?" for _ in TABLES[row["Type"]])
            values = [row[name] for name in TABLES[row["Type"]]]
            connection.execute(f"INSERT INTO {row['Type']} VALUES ({marks})", values)  # noqa: S608 - a table of ours
        try:
            result = duckdb_kql.query(connection, query)
            names, types = list(result.columns), [str(kind) for kind in result.types]
            found = result.fetchall()
        except (duckdb.Error, duckdb_kql.KqlError) as problem:
            raise RefusedError(_bad_argument(str(problem), type(problem).__name__)) from problem
    finally:
        connection.close()
    described = [{"name": name, "type": _kusto_type(kind)} for name, kind in zip(names, types, strict=True)]
    return described, [[_cell(value) for value in row] for row in found]


def _kusto_type(duckdb_type: str) -> str:
    if "[]" in duckdb_type or duckdb_type.startswith(("STRUCT", "MAP", "JSON")):
        return "dynamic"
    if duckdb_type.startswith("TIMESTAMP"):
        return "datetime"
    if duckdb_type.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return "real"
    known = {"VARCHAR": "string", "BOOLEAN": "bool", "INTEGER": "int", "INTERVAL": "timespan"}
    return known.get(duckdb_type, "long")


def _cell(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat() + ("Z" if value.tzinfo is None else "")
        case timedelta():
            return str(value)
        case list() | dict():
            return json.dumps(value, default=str)
        case None | str() | int() | float() | bool():
            return value
        case _:
            return float(str(value))


def _span(text: str | None, now: datetime, default: timedelta | None) -> tuple[datetime, datetime]:
    """Read `start/end`, `start/duration` or a duration that ends now."""
    if not text:
        return (now - default if default else datetime.min.replace(tzinfo=UTC)), now
    first, _, second = text.partition("/")
    if not second:
        return now - _duration(first), now
    if second.startswith("P"):
        return moment_of(first), moment_of(first) + _duration(second)
    return moment_of(first), moment_of(second)


def _duration(text: str) -> timedelta:
    read = _DURATION.fullmatch(text)
    if read is None:
        raise RefusedError(_bad_argument(f"'{text}' is no timespan", "InvalidTimespan"))
    return timedelta(**{unit: float(amount) for unit, amount in read.groupdict().items() if amount})


def _bad_argument(message: str, inner: str) -> Response:
    return _log_error(400, "BadArgumentError", "The request had some invalid properties", inner, message)


def _log_error(status: int, code: str, message: str, inner: str = "", why: str = "") -> Response:
    error: dict[str, Any] = {"message": message, "code": code}
    if inner:
        error["innererror"] = {"code": inner, "message": why}
    return json_answer({"error": error}, status)


_RESOURCE = f"/subscriptions/<subscription>/resourceGroups/<group>/providers/{REGISTRY_TYPE}/<name>"

ROUTES = (
    Route("POST", "/v1/workspaces/<workspace>/query", query_workspace, concurrent=True),
    Route("POST", f"/v1{_RESOURCE}/query", query_resource, concurrent=True),
    Route("GET", f"{_RESOURCE}/providers/Microsoft.Insights/metrics", metrics),
)
