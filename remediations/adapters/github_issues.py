"""The ticket desk GitHub Issues: issues with a label of ours, found by the key in a comment that nobody sees.

They are listed and never searched: the search index lags, and has made others open an issue twice. Whatever a client
may have written is in a code block, where nothing links, mentions or embeds.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec

from remediations.adapters.desk_api import DeskApi, Nothing
from remediations.adapters.http_call import Answer
from remediations.model import Notice
from remediations.ports import Closed, Dead, Later, NoAnswer, Ref
from remediations.ticket_text import mark, text, title

_LABEL: Final = "push-medic"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_PAGE: Final = 100
_MOST_PAGES: Final = 10
_HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "push-medic",
}
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_BACKTICKS: Final = re.compile("`+")
_LIMITED: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


class _Issue(msgspec.Struct, frozen=True):
    number: int
    html_url: str
    state: str
    body: str | None = None
    pull_request: msgspec.Raw | None = None


class _Comment(msgspec.Struct, frozen=True):
    body: str | None = None


class GitHubIssues:
    """The issues of one repository, by a token that may read and write them."""

    name: Final = "github"
    repeatable: Final = True
    lag: Final = 60

    def __init__(self, repository: str, token: str, *, url: str, ca_bundle: str | None = None) -> None:
        self._repository = repository
        self._api = DeskApi(
            url, lambda: f"Bearer {token}", headers=_HEADERS, meaning=_meaning, ca_bundle=ca_bundle
        )

    def find(self, key: str) -> Ref | NoAnswer | None:
        """The oldest open issue that carries the key."""
        if not _REPOSITORY.fullmatch(self._repository):
            return Dead("its repository is no name like owner/repository")
        for page in range(1, _MOST_PAGES + 1):
            query = {
                "labels": _LABEL,
                "state": "open",
                "sort": "created",
                "direction": "asc",
                "per_page": _PAGE,
                "page": page,
            }
            found = self._api.ask("GET", f"{self._path}?{urlencode(query)}", tuple[_Issue, ...])
            if not isinstance(found, tuple):
                return found
            for issue in found:
                if issue.pull_request is None and _hidden(f"key={key}") in (issue.body or ""):
                    return _ref(issue)
            if len(found) < _PAGE:
                return None
        return Dead(f"more than {_PAGE * _MOST_PAGES} issues with the label {_LABEL} are open")

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        body = f"{_written(message_id, notice)}\n{_hidden(f'key={key}')}"
        asked = {"title": title(notice), "body": body, "labels": [_LABEL]}
        made = self._api.ask("POST", self._path, _Issue, asked)
        return _ref(made) if isinstance(made, _Issue) else made

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        issue = self._issue(ref)
        if not isinstance(issue, _Issue):
            return issue
        if issue.state != "open":
            return Closed()
        wanted = _hidden(mark(message_id))
        if wanted in (issue.body or ""):
            return ref
        for latest in self._comments(ref, notice):
            if not isinstance(latest, tuple):
                return latest
            if any(wanted in (comment.body or "") for comment in latest):
                return ref
        body = {"body": f"{_fenced(title(notice))}\n{_written(message_id, notice)}"}
        done = self._api.ask("POST", f"{self._path}/{ref.id}/comments", Nothing, body)
        return ref if isinstance(done, Nothing) else done

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        told = self.comment(ref, message_id, notice)
        if not isinstance(told, Ref):
            return told
        body = {"state": "closed", "state_reason": "completed"}
        done = self._api.ask("PATCH", f"{self._path}/{ref.id}", _Issue, body)
        return _ref(done) if isinstance(done, _Issue) else done

    def _issue(self, ref: Ref) -> _Issue | NoAnswer:
        if not ref.id.isdecimal():
            return Dead("what it calls the ticket is no number of an issue")
        return self._api.ask("GET", f"{self._path}/{ref.id}", _Issue)

    def _comments(self, ref: Ref, notice: Notice) -> Iterator[tuple[_Comment, ...] | NoAnswer]:
        """The comments since the notice was written, page by page."""
        since = (notice.at.astimezone(UTC) - _CLOCKS_DIFFER).strftime("%Y-%m-%dT%H:%M:%SZ")
        for page in range(1, _MOST_PAGES + 1):
            query = urlencode({"since": since, "per_page": _PAGE, "page": page})
            found = self._api.ask("GET", f"{self._path}/{ref.id}/comments?{query}", tuple[_Comment, ...])
            yield found
            if not isinstance(found, tuple) or len(found) < _PAGE:
                return

    @property
    def _path(self) -> str:
        return f"repos/{self._repository}/issues"


def _ref(issue: _Issue) -> Ref:
    return Ref(str(issue.number), issue.html_url)


def _meaning(answer: Answer) -> NoAnswer | None:
    """Its rate limits answer 403 as often as 429, and say in headers when to come again."""
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    if answer.status not in _LIMITED or not (spent or "retry-after" in answer.headers):
        return None
    reset = answer.headers.get("x-ratelimit-reset", "")
    until = int(reset) - int(datetime.now(UTC).timestamp()) if reset.isdecimal() and spent else 0
    seconds = answer.retry_after if "retry-after" in answer.headers else max(until, 1)
    return Later(seconds, "its rate limit is reached")


def _written(message_id: str, notice: Notice) -> str:
    return f"{_fenced(text(notice))}\n{_hidden(mark(message_id))}"


def _hidden(what: str) -> str:
    return f"<!-- push-medic: {what} -->"


def _fenced(said: str) -> str:
    """A code block that nothing inside can end, and in which nothing passes for what we hide."""
    said = said.replace("<!--", "<! --")
    longest = max((len(run) for run in _BACKTICKS.findall(said)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{said}\n{fence}"
