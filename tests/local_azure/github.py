"""The ticket desk GitHub Issues: lists that may lag a little, a search that lags more, and two kinds of rate limit."""

from typing import Any

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.clock import moment_of
from tests.local_azure.desks import DeskTicket


def find(call: Call) -> Response:
    """List issues with a label, and pull requests, which are issues here."""
    _authorise(call)
    args = call.request.args
    found = [
        _document(call, issue)
        for issue in _issues(call)
        if call.world.is_indexed(issue.created_at)
        and (args.get("state", "open") == "all" or issue.open is (args.get("state", "open") == "open"))
        and set(filter(None, args.get("labels", "").split(","))) <= set(issue.fields["labels"])
    ]
    if args.get("direction", "desc") == "desc":
        found.reverse()
    return json_answer(_page(call, found))


def search(call: Call) -> Response:
    """Find nothing: the index of the search is always behind."""
    _authorise(call)
    return json_answer({"total_count": 0, "incomplete_results": False, "items": []})


def create(call: Call) -> Response:
    """Make an issue."""
    _authorise(call)
    body = _body(call)
    if not body.get("title"):
        raise RefusedError(_error(422, "Validation Failed"))
    fields = {"title": body["title"], "body": body.get("body"), "labels": list(body.get("labels", ()))}
    issue = DeskTicket(len(_issues(call)) + 1, fields, call.world.now())
    _issues(call).append(issue)
    return json_answer(_document(call, issue), 201)


def show(call: Call) -> Response:
    """Show an issue."""
    _authorise(call)
    return json_answer(_document(call, _known(call)))


def change(call: Call) -> Response:
    """Close an issue, or open it again."""
    _authorise(call)
    issue, body = _known(call), _body(call)
    issue.open = body.get("state", "open") == "open"
    return json_answer(_document(call, issue))


def comments(call: Call) -> Response:
    """List comments, the oldest first."""
    _authorise(call)
    since = moment_of(call.request.args.get("since", "1970-01-01T00:00:00Z"))
    told = [one for one in _known(call).comments if moment_of(one["updated_at"]) >= since]
    return json_answer(_page(call, told))


def comment(call: Call) -> Response:
    """Add a comment; a closed issue takes it too."""
    _authorise(call)
    issue = _known(call)
    at = call.world.now().isoformat()
    issue.comments.append({"id": len(issue.comments) + 1, "body": _body(call).get("body"), "updated_at": at})
    return json_answer(issue.comments[-1], 201)


def _page(call: Call, every: list[Any]) -> list[Any]:
    size = min(int(call.request.args.get("per_page", "30")), 100)
    first = (int(call.request.args.get("page", "1")) - 1) * size
    return every[first : first + size]


def _document(call: Call, issue: DeskTicket) -> dict[str, Any]:
    where = f"{call.arguments['owner']}/{call.arguments['repository']}"
    labels = [{"name": name} for name in issue.fields["labels"]]
    return {
        "number": issue.number,
        "html_url": f"https://github.com/{where}/issues/{issue.number}",
        "state": "open" if issue.open else "closed",
        **issue.fields,
        "labels": labels,
    }


def _issues(call: Call) -> list[DeskTicket]:
    return call.world.tickets["github"]


def _known(call: Call) -> DeskTicket:
    for issue in _issues(call):
        if str(issue.number) == call.arguments["number"]:
            return issue
    raise RefusedError(_error(404, "Not Found"))


def _body(call: Call) -> dict[str, Any]:
    body = call.body()
    if not isinstance(body, dict):
        raise RefusedError(_error(400, "Problems parsing JSON"))
    return body


def _authorise(call: Call) -> None:
    if not call.user_agent:
        raise RefusedError(_error(403, "Request forbidden by administrative rules."))
    if call.bearer != call.world.desk_secret:
        raise RefusedError(_error(401, "Bad credentials"))


def _error(status: int, message: str) -> Response:
    return json_answer({"message": message, "documentation_url": "https://docs.github.com/rest"}, status)


_ISSUES = "/repos/<owner>/<repository>/issues"

ROUTES = (
    Route("GET", _ISSUES, find),
    Route("POST", _ISSUES, create),
    Route("GET", "/search/issues", search),
    Route("GET", f"{_ISSUES}/<int:number>", show),
    Route("PATCH", f"{_ISSUES}/<int:number>", change),
    Route("GET", f"{_ISSUES}/<int:number>/comments", comments),
    Route("POST", f"{_ISSUES}/<int:number>/comments", comment),
)
