"""The ticket desk Jira Cloud: issues by the REST API v3, whose search lags and whose older search is gone."""

import re
from collections.abc import Mapping
from typing import Any

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.desks import DeskTicket, authorise_user

_CLAUSE = re.compile(
    r'(?P<field>project|labels|statusCategory)\s*(?P<operator>=|!=)\s*(?P<value>"[^"\\]*"|[A-Za-z0-9_]+)'
)
_LONGEST_SUMMARY = 255
_TO_DO = {"name": "To Do", "statusCategory": {"key": "new", "name": "To Do"}}
_DONE = {"name": "Done", "statusCategory": {"key": "done", "name": "Done"}}
_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def gone(call: Call) -> Response:
    """Say that the older search is no more."""
    _authorise(call)
    return _error(410, _GONE)


def search(call: Call) -> Response:
    """Find issues by JQL, of those that the index knows of; only the fields that were asked for come along."""
    _authorise(call)
    body = _body(call)
    clauses = [_clause(text) for text in str(body.get("jql", "")).partition(" ORDER BY ")[0].split(" AND ")]
    found = [
        _document(issue, body.get("fields") or ())
        for issue in _issues(call)
        if call.world.is_indexed(issue.created_at) and all(_holds(issue, *clause) for clause in clauses)
    ]
    return json_answer({"issues": found[: int(body.get("maxResults", 50))], "isLast": True})


def create(call: Call) -> Response:
    """Make an issue."""
    _authorise(call)
    fields = _body(call).get("fields") or {}
    summary = str(fields.get("summary", ""))
    if not summary or "\n" in summary or len(summary) > _LONGEST_SUMMARY:
        raise RefusedError(_error(400, "", {"summary": "You must specify a summary of the issue."}))
    if any(" " in label for label in fields.get("labels", ())):
        raise RefusedError(_error(400, "", {"labels": "The label contains spaces which is invalid."}))
    _check_document(fields.get("description"))
    number = len(_issues(call)) + 1
    key = f"{fields['project']['key']}-{number}"
    _issues(call).append(DeskTicket(number, {**fields, "key": key}, call.world.now()))
    where = f"{call.https_origin}/rest/api/3/issue/{10000 + number}"
    return json_answer({"id": str(10000 + number), "key": key, "self": where}, 201)


def show(call: Call) -> Response:
    """Show an issue."""
    _authorise(call)
    return json_answer(_document(_known(call), call.request.args.get("fields", "").split(",")))


def comments(call: Call) -> Response:
    """List comments, the latest first if so wished."""
    _authorise(call)
    told = [{"id": str(place), "body": body} for place, body in enumerate(_known(call).comments)]
    if call.request.args.get("orderBy") == "-created":
        told.reverse()
    most = int(call.request.args.get("maxResults", "5000"))
    return json_answer({"comments": told[:most], "maxResults": most, "startAt": 0, "total": len(told)})


def comment(call: Call) -> Response:
    """Add a comment."""
    _authorise(call)
    issue, body = _known(call), _body(call).get("body")
    _check_document(body)
    issue.comments.append(body)
    return json_answer({"id": str(len(issue.comments)), "body": body}, 201)


def transitions(call: Call) -> Response:
    """List the ways from where the issue stands."""
    _authorise(call)
    ways = [{"id": "31", "name": "Done", "to": _DONE}] if _known(call).open else []
    return json_answer({"transitions": [{"id": "11", "name": "To Do", "to": _TO_DO}, *ways]})


def transit(call: Call) -> Response:
    """Take a way."""
    _authorise(call)
    issue = _known(call)
    wanted = (_body(call).get("transition") or {}).get("id")
    if wanted not in ("11", "31"):
        raise RefusedError(_error(400, "Transition id is not valid for this issue."))
    issue.open = wanted == "11"
    return Response(status=204)


def _clause(text: str) -> tuple[str, str, str]:
    match = _CLAUSE.fullmatch(text.strip())
    if match is None:
        raise RefusedError(_error(400, f"Error in the JQL Query near '{text[:40]}'."))
    return match["field"], match["operator"], match["value"].strip('"')


def _holds(issue: DeskTicket, field: str, operator: str, value: str) -> bool:
    match field:
        case "project":
            same = issue.fields["project"]["key"] == value
        case "labels":
            same = value in issue.fields.get("labels", ())
        case _:
            same = (value.lower() == "done") is not issue.open
    return same is (operator == "=")


def _document(issue: DeskTicket, wanted: Any) -> dict[str, Any]:  # noqa: ANN401  a list of names
    every = {**issue.fields, "status": _TO_DO if issue.open else _DONE}
    fields = {name: every[name] for name in wanted if name in every}
    return {"id": str(10000 + issue.number), "key": issue.fields["key"], "fields": fields}


def _check_document(document: object) -> None:
    """Refuse what is no Atlassian document: it has text nodes, and none of them is empty."""
    good = isinstance(document, Mapping) and document.get("type") == "doc" and document.get("version") == 1
    if not good or not all(_is_block(block) for block in document.get("content", ())):  # type: ignore[attr-defined]
        raise RefusedError(_error(400, "INVALID_INPUT: Operation value must be an Atlassian Document"))


def _is_block(block: Mapping[str, Any]) -> bool:
    texts = block.get("content", ())
    return block.get("type") in ("paragraph", "codeBlock") and all(
        one.get("type") == "text" and one.get("text") for one in texts
    )


def _issues(call: Call) -> list[DeskTicket]:
    return call.world.tickets["jira"]


def _known(call: Call) -> DeskTicket:
    for issue in _issues(call):
        if issue.fields["key"] == call.arguments["key"]:
            return issue
    raise RefusedError(_error(404, "Issue does not exist or you do not have permission to see it."))


def _body(call: Call) -> dict[str, Any]:
    body = call.body()
    if not isinstance(body, dict):
        raise RefusedError(_error(400, "There was an error parsing JSON."))
    return body


def _authorise(call: Call) -> None:
    authorise_user(call, _error(401, "Client must be authenticated to access this resource."))


def _error(status: int, message: str, errors: Mapping[str, str] | None = None) -> Response:
    messages = [message] if message else []
    return json_answer({"errorMessages": messages, "errors": dict(errors or {})}, status)


_API = "/rest/api/3"

ROUTES = (
    Route("GET", f"{_API}/search", gone),
    Route("POST", f"{_API}/search", gone),
    Route("POST", f"{_API}/search/jql", search),
    Route("POST", f"{_API}/issue", create),
    Route("GET", f"{_API}/issue/<key>", show),
    Route("GET", f"{_API}/issue/<key>/comment", comments),
    Route("POST", f"{_API}/issue/<key>/comment", comment),
    Route("GET", f"{_API}/issue/<key>/transitions", transitions),
    Route("POST", f"{_API}/issue/<key>/transitions", transit),
)
