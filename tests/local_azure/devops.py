"""The ticket desk: work items of Azure DevOps, made and changed by JSON Patch, found by WIQL."""

import base64
import binascii
import re
from typing import Any

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.clock import moment_of, seven_decimals
from tests.local_azure.tokens import DEVOPS_AUDIENCE
from tests.local_azure.world import WorkItem

_CONDITION = re.compile(
    r"\[(?P<field>[\w.]+)\]\s*(?P<operator>=|<>|CONTAINS)\s*(?P<value>'(?:[^']|'')*'|@project|\d+)",
    re.IGNORECASE,
)
_NO_AUTHORISATION = "TF400813: The user '' is not authorized to access this resource."


def create(call: Call) -> Response:
    """Make a work item of that type."""
    _authorise(call)
    now = seven_decimals(call.world.now())
    project = call.arguments["project"]
    fields = {
        "System.TeamProject": project,
        "System.WorkItemType": call.arguments["kind"],
        "System.State": "To Do",
        "System.CreatedDate": now,
        "System.ChangedDate": now,
    }
    item = WorkItem(len(call.world.work_items) + 1, project, fields)
    _patch(call, item)
    if not item.fields.get("System.Title"):
        raise RefusedError(_error(400, "RuleValidationException", "TF401320: Rule Error for field Title."))
    call.world.work_items.append(item)
    return json_answer(_document(call, item))


def show(call: Call) -> Response:
    """Show a work item."""
    _authorise(call)
    return json_answer(_document(call, _known(call)))


def change(call: Call) -> Response:
    """Change a work item; what is added as its history becomes a comment."""
    _authorise(call)
    item = _known(call)
    _patch(call, item)
    item.rev += 1
    item.fields["System.ChangedDate"] = seven_decimals(call.world.now())
    return json_answer(_document(call, item))


def find(call: Call) -> Response:
    """Find work items by the conditions that are joined by AND."""
    _authorise(call)
    body = call.body()
    query = str(body.get("query", "")) if isinstance(body, dict) else ""
    _, where, conditions = query.partition("WHERE")
    if not where:
        raise RefusedError(_error(400, "SyntaxError", "TF51005: The query is not valid."))
    project = call.arguments["project"]
    wanted = [match.groupdict() for match in _CONDITION.finditer(conditions)]
    found = [
        item
        for item in call.world.work_items
        if call.world.is_indexed(moment_of(item.fields["System.CreatedDate"]))
        and all(_holds(item, project, **one) for one in wanted)
    ]
    return json_answer(
        {
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": seven_decimals(call.world.now()),
            "columns": [{"referenceName": "System.Id", "name": "ID"}],
            "workItems": [{"id": item.id, "url": _url(call, item)} for item in found],
        }
    )


def states(call: Call) -> Response:
    """Show the states of a type of work item, with what each means."""
    _authorise(call)
    meanings = {"To Do": "Proposed", "Doing": "InProgress", "Done": "Completed"}
    value = [{"name": name, "color": "b2b2b2", "category": category} for name, category in meanings.items()]
    return json_answer({"count": len(value), "value": value})


def _authorise(call: Call) -> None:
    call.action = f"vso.work_{'read' if call.request.method == 'GET' else 'write'}"
    claims = call.claims(call.bearer) if call.bearer else None
    if claims is not None and str(claims["aud"]).rstrip("/") == DEVOPS_AUDIENCE:
        call.caller = caller_of(claims)
    elif _password(call) != call.world.devops_pat:
        raise RefusedError(_error(401, "UnauthorizedRequestException", _NO_AUTHORISATION))
    if call.arguments["organisation"] != call.world.devops_organisation:
        raise RefusedError(
            _error(404, "AccountNotFoundException", "TF400898: The organization does not exist.")
        )


def _password(call: Call) -> str | None:
    scheme, _, text = call.request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(text).decode().partition(":")[2] if scheme.lower() == "basic" else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _known(call: Call) -> WorkItem:
    wanted = int(call.arguments["id"])
    for item in call.world.work_items:
        if item.id == wanted:
            return item
    message = f"TF401232: Work item {wanted} does not exist, or you do not have permissions to read it."
    raise RefusedError(_error(404, "WorkItemUnauthorizedAccessException", message))


def _patch(call: Call, item: WorkItem) -> None:
    if call.request.mimetype != "application/json-patch+json":
        message = "The request indicated a Content-Type that is not supported for this method."
        raise RefusedError(_error(415, "VssRequestContentTypeNotSupportedException", message))
    operations = call.body()
    if not isinstance(operations, list):
        raise RefusedError(
            _error(400, "VssPropertyValidationException", "You must pass a valid patch document.")
        )
    for operation in operations:
        _apply(item, operation)


def _apply(item: WorkItem, operation: dict[str, Any]) -> None:
    kind, path, value = operation["op"], operation["path"], operation.get("value")
    field = path.removeprefix("/fields/")
    match kind:
        case "test" if path == "/rev":
            if value != item.rev:
                raise RefusedError(
                    _error(412, "TestPatchOperationFailedException", "TF26071: It was changed.")
                )
        case "add" | "replace" if field == "System.History":
            item.comments.append(str(value))
        case "add" | "replace":
            item.fields[field] = value
        case "remove":
            item.fields.pop(field, None)
        case _:
            raise RefusedError(_error(400, "VssPropertyValidationException", f"{kind} is not supported."))


def _holds(item: WorkItem, project: str, field: str, operator: str, value: str) -> bool:
    wanted = project if value == "@project" else value.strip("'").replace("''", "'")
    present = str(item.id if field == "System.Id" else item.fields.get(field, ""))
    if operator == "=":
        return present.lower() == wanted.lower()
    if operator == "<>":
        return present.lower() != wanted.lower()
    if field == "System.Tags":
        return wanted.lower() in [tag.strip().lower() for tag in present.split(";")]
    return wanted.lower() in present.lower()


def _url(call: Call, item: WorkItem) -> str:
    return f"{call.https_origin}/{call.arguments['organisation']}/_apis/wit/workItems/{item.id}"


def _document(call: Call, item: WorkItem) -> dict[str, Any]:
    page = f"{call.https_origin}/{call.arguments['organisation']}/{item.project}/_workitems/edit/{item.id}"
    links = {"self": {"href": _url(call, item)}, "html": {"href": page}}
    return {"id": item.id, "rev": item.rev, "fields": item.fields, "_links": links, "url": _url(call, item)}


def _error(status: int, kind: str, message: str) -> Response:
    return json_answer(
        {"$id": "1", "message": message, "typeKey": kind, "errorCode": 0, "eventId": 3000}, status
    )


_ITEMS = "/<organisation>/<project>/_apis/wit/workitems"

ROUTES = (
    Route("POST", f"{_ITEMS}/$<kind>", create),
    Route("GET", f"{_ITEMS}/<int:id>", show),
    Route("PATCH", f"{_ITEMS}/<int:id>", change),
    Route("POST", "/<organisation>/<project>/_apis/wit/wiql", find),
    Route("GET", "/<organisation>/<project>/_apis/wit/workitemtypes/<kind>/states", states),
)
