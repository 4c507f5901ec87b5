"""The ticket desk ServiceNow: incidents by the Table API, found by queries that ignore what they do not know."""

import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.desks import DeskTicket, authorise_user

_CONDITION = re.compile(r"(?P<field>[a-z_]+)(?P<operator>NOT IN|IN|LIKE|!=|=)(?P<value>.*)", re.DOTALL)


def find(call: Call) -> Response:
    """Find incidents by an encoded query; nothing keeps a `correlation_id` unique."""
    _authorise(call)
    query = call.request.args.get("sysparm_query", "")
    limit = int(call.request.args.get("sysparm_limit", "10000"))
    found = [
        one.fields
        for one in _incidents(call)
        if call.world.is_indexed(one.created_at) and _holds(one.fields, query)
    ]
    return json_answer({"result": [_some(call, fields) for fields in found[:limit]]})


def create(call: Call) -> Response:
    """Make an incident."""
    _authorise(call)
    number = len(_incidents(call)) + 1
    sys_id = uuid5(NAMESPACE_URL, f"incident/{number}").hex
    fields = {
        "sys_id": sys_id,
        "number": f"INC{number:07}",
        "state": "1",
        "active": "true",
        **_body(call),
    }
    _incidents(call).append(DeskTicket(number, fields, call.world.now()))
    where = f"{call.https_origin}/api/now/table/incident/{sys_id}"
    return json_answer({"result": fields}, 201, {"Location": where})


def show(call: Call) -> Response:
    """Show an incident."""
    _authorise(call)
    return json_answer({"result": _some(call, _known(call).fields)})


def change(call: Call) -> Response:
    """Change an incident; what is written as its work notes goes into the journal. To resolve it wants a code."""
    _authorise(call)
    incident, body = _known(call), _body(call)
    if body.get("state") == "6" and not (body.get("close_code") and body.get("close_notes")):
        raise RefusedError(_error(403, "Operation Failed", "Data Policy Exception: mandatory close_code"))
    if note := body.pop("work_notes", ""):
        incident.comments.append(note)
    incident.fields |= body
    incident.open = incident.fields["state"] not in ("6", "7", "8")
    return json_answer({"result": incident.fields})


def journal(call: Call) -> Response:
    """Find notes."""
    _authorise(call)
    query = call.request.args.get("sysparm_query", "")
    notes = [
        {
            "sys_id": uuid5(NAMESPACE_URL, note).hex,
            "element_id": one.fields["sys_id"],
            "element": "work_notes",
            "value": note,
        }
        for one in _incidents(call)
        for note in one.comments
    ]
    return json_answer({"result": [_some(call, note) for note in notes if _holds(note, query)]})


def _holds(fields: dict[str, Any], query: str) -> bool:
    """Tell whether one of the alternatives holds; a condition that cannot be read is left out, as there."""
    return any(
        all(_is(fields, condition) for condition in alternative.split("^"))
        for alternative in re.split(r"\^(?:NQ|OR(?!DERBY))", query)
    )


def _is(fields: dict[str, Any], condition: str) -> bool:
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return True
    present, value = str(fields.get(match["field"], "")), match["value"]
    match match["operator"]:
        case "=":
            return present == value
        case "!=":
            return present != value
        case "LIKE":
            return value in present
        case "IN":
            return present in value.split(",")
        case _:
            return present not in value.split(",")


def _some(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    wanted = call.request.args.get("sysparm_fields")
    return {name: fields.get(name, "") for name in wanted.split(",")} if wanted else fields


def _incidents(call: Call) -> list[DeskTicket]:
    return call.world.tickets["servicenow"]


def _known(call: Call) -> DeskTicket:
    for one in _incidents(call):
        if one.fields["sys_id"] == call.arguments["sys_id"]:
            return one
    raise RefusedError(_error(404, "No Record found", "Record doesn't exist or ACL restricts its retrieval"))


def _body(call: Call) -> dict[str, str]:
    body = call.body()
    if not isinstance(body, dict):
        raise RefusedError(_error(400, "Exception while reading request", "The payload is not valid JSON."))
    return {str(name): str(value) for name, value in body.items()}


def _authorise(call: Call) -> None:
    authorise_user(call, _error(401, "User Not Authenticated", "Required to provide Auth information"))


def _error(status: int, message: str, detail: str) -> Response:
    return json_answer({"error": {"message": message, "detail": detail}, "status": "failure"}, status)


_TABLE = "/api/now/table/incident"

ROUTES = (
    Route("GET", _TABLE, find),
    Route("POST", _TABLE, create),
    Route("GET", f"{_TABLE}/<sys_id>", show),
    Route("PATCH", f"{_TABLE}/<sys_id>", change),
    Route("GET", "/api/now/table/sys_journal_field", journal),
)
