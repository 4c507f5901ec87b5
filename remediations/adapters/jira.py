"""The ticket desk Jira Cloud, by its REST API v3: issues, found by a label that is their key.

The search is `/search/jql`, which lags; the older `/search` answers 410 since 2025. Text goes as a document of text
nodes, in which nothing is markup.
"""

import re
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from remediations.adapters.desk_api import DeskApi, Nothing, basic
from remediations.model import Notice
from remediations.ports import Closed, Dead, NoAnswer, Ref
from remediations.ticket_text import mark, paragraphs, quoted, title

_API: Final = "rest/api/3"
_LABEL: Final = "push-medic"
_DONE: Final = "done"
_ISSUE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,20}-[0-9]{1,12}")
_PROJECT: Final = re.compile(r"[A-Z][A-Z0-9_]{0,20}")
_LATEST: Final = urlencode({"orderBy": "-created", "maxResults": "100"})


class _Category(msgspec.Struct, frozen=True):
    key: str


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    status_category: _Category

    @property
    def done(self) -> bool:
        return self.status_category.key == _DONE


class _Fields(msgspec.Struct, frozen=True):
    status: _Status
    description: msgspec.Raw = msgspec.Raw(b"null")


class _Issue(msgspec.Struct, frozen=True):
    key: str
    fields: _Fields


class _Found(msgspec.Struct, frozen=True):
    issues: tuple[_Issue, ...]


class _Made(msgspec.Struct, frozen=True):
    key: str


class _Comment(msgspec.Struct, frozen=True):
    body: msgspec.Raw


class _Comments(msgspec.Struct, frozen=True):
    comments: tuple[_Comment, ...]


class _Transition(msgspec.Struct, frozen=True):
    id: str
    to: _Status


class _Transitions(msgspec.Struct, frozen=True):
    transitions: tuple[_Transition, ...]


class Jira:
    """The issues of one project of a Jira Cloud site, by a user with an API token."""

    name: Final = "jira"
    repeatable: Final = True
    # The search is eventually consistent.
    lag: Final = 120

    def __init__(
        self,
        site_url: str,
        project: str,
        user: str,
        token: str,
        *,
        issue_type: str = "Task",
        ca_bundle: str | None = None,
    ) -> None:
        self._url = site_url.rstrip("/")
        self._project = project
        self._type = issue_type
        self._api = DeskApi(self._url, basic(user, token), ca_bundle=ca_bundle)

    def find(self, key: str) -> Ref | NoAnswer | None:
        if not _PROJECT.fullmatch(self._project):
            return Dead("its project is no key like OPS")
        jql = f'project = "{self._project}" AND labels = "{key}" AND statusCategory != Done ORDER BY created ASC'
        asked = {"jql": jql, "fields": ["status"], "maxResults": 2}
        found = self._api.ask("POST", f"{_API}/search/jql", _Found, asked)
        if not isinstance(found, _Found):
            return found
        return self._ref(found.issues[0].key) if found.issues else None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        fields = {
            "project": {"key": self._project},
            "issuetype": {"name": self._type},
            "summary": title(notice),
            "labels": [_LABEL, key],
            "description": _document(message_id, notice),
        }
        made = self._api.ask("POST", f"{_API}/issue", _Made, {"fields": fields})
        return self._ref(made.key) if isinstance(made, _Made) else made

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        now = self._issue(ref)
        if not isinstance(now, _Issue):
            return now
        if now.fields.status.done:
            return Closed()
        said = _said(message_id)
        if said in bytes(now.fields.description):
            return ref
        latest = self._api.ask("GET", f"{_API}/issue/{ref.id}/comment?{_LATEST}", _Comments)
        if not isinstance(latest, _Comments):
            return latest
        if any(said in bytes(comment.body) for comment in latest.comments):
            return ref
        body = {"body": _document(message_id, notice, title(notice))}
        done = self._api.ask("POST", f"{_API}/issue/{ref.id}/comment", Nothing, body)
        return ref if isinstance(done, Nothing) else done

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        """Say why, then take the first way that leads from where the issue stands to a status that means done."""
        told = self.comment(ref, message_id, notice)
        if not isinstance(told, Ref):
            return told
        ways = self._api.ask("GET", f"{_API}/issue/{ref.id}/transitions", _Transitions)
        if not isinstance(ways, _Transitions):
            return ways
        way = next((one for one in ways.transitions if one.to.done), None)
        if way is None:
            return Dead("no transition of the issue that our user may make leads to a status that means done")
        body = {"transition": {"id": way.id}}
        done = self._api.ask("POST", f"{_API}/issue/{ref.id}/transitions", Nothing, body)
        return ref if isinstance(done, Nothing) else done

    def _issue(self, ref: Ref) -> _Issue | NoAnswer:
        if not _ISSUE.fullmatch(ref.id):
            return Dead("what it calls the ticket is no key of an issue")
        return self._api.ask("GET", f"{_API}/issue/{ref.id}?fields=status,description", _Issue)

    def _ref(self, key: str) -> Ref:
        return Ref(key, f"{self._url}/browse/{key}")


def _said(message_id: str) -> bytes:
    return mark(message_id).encode()


def _document(message_id: str, notice: Notice, heading: str = "") -> dict[str, Any]:
    """The notice in the Atlassian Document Format."""
    parts = [_block("paragraph", part) for part in (*filter(None, (heading,)), *paragraphs(notice))]
    if quoted(notice):
        parts += [_block("paragraph", "What the client said:"), _block("codeBlock", quoted(notice))]
    return {"type": "doc", "version": 1, "content": [*parts, _block("paragraph", mark(message_id))]}


def _block(kind: str, text: str) -> dict[str, Any]:
    return {"type": kind, "content": [{"type": "text", "text": text}]}
