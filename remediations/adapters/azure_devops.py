"""The ticket desk Azure DevOps: one work item for each ticket key, and a comment on it for every later notice.

A work item says in its description which messages it holds. So a message that is sent again is found there, and
an answer that was lost is settled by looking, never by another attempt to create.
"""

import base64
import re
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from remediations.adapters.http_call import Answer, call, refusal
from remediations.model import Notice
from remediations.plain import cut, one_line, plain
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure
from remediations.tone import WORDS

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

# The application id of Azure DevOps, the same in every tenant.
_SCOPE: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_VERSION: Final = "api-version=7.1"
_TAG: Final = "push-medic"
# A key goes into a query and into a tag.
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST_TITLE: Final = 250
_LONGEST_TEXT: Final = 30_000
_LOOKED_AT: Final = 5
_SOON: Final = 30
_SIGN_IN_PAGES: Final = (HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.FOUND)


class _Reference(msgspec.Struct, frozen=True):
    id: int


class _Found(msgspec.Struct, frozen=True, rename="camel"):
    work_items: tuple[_Reference, ...]


class _Fields(msgspec.Struct, frozen=True):
    tags: str = msgspec.field(name="System.Tags", default="")
    description: str = msgspec.field(name="System.Description", default="")


class _Item(msgspec.Struct, frozen=True):
    id: int
    rev: int
    fields: _Fields

    def has_tag(self, tag: str) -> bool:
        return tag.lower() in (one.strip().lower() for one in self.fields.tags.split(";"))


type _NoAnswer = Later | Dead | Unsure


class AzureDevOps:
    """The work items of one project.

    `credential` is an identity that is a user of the organisation, or a personal access token. `fields` are those
    that the project wants on every new work item, by reference name.
    """

    name: Final = "azure_devops"
    desk: Final = True
    repeatable: Final = True

    def __init__(
        self,
        organization_url: str,
        project: str,
        credential: "TokenCredential | str",
        *,
        work_item_type: str = "Issue",
        fields: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self._project_url = f"{organization_url.rstrip('/')}/{quote(project, safe='')}"
        self._credential = credential
        self._type = work_item_type
        self._fields = dict(fields or {})
        self._ca_bundle = ca_bundle

    def send(self, message_id: str, notice: Notice) -> Delivery:
        """Let there be a work item for the notice's key that holds this message, once."""
        key = notice.ticket_key
        if key is None or not _KEY.fullmatch(key):
            return Dead("the notice has no ticket key that a work item could carry")
        match self._find(key):
            case _Item() as item:
                written = self._comment(item, message_id, notice)
            case None:
                written = self._create(key, message_id, notice)
            case no_answer:
                return no_answer
        return self._settled(key, message_id) if isinstance(written, Unsure) else written

    def _settled(self, key: str, message_id: str) -> Delivery:
        """What became of a write whose answer was lost."""
        item = self._find(key)
        if isinstance(item, _Item) and _holds(item, message_id):
            return self._accepted(item)
        return Later(_SOON, "its answer was lost, and the ticket is not there yet")

    def _find(self, key: str) -> _Item | _NoAnswer | None:
        """The open work item with exactly this key among its tags."""
        closed = " ".join(f"AND [System.State] <> '{state}'" for state in ("Closed", "Done", "Removed"))
        query = (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "  # noqa: S608  a checked key
            f"AND [System.Tags] CONTAINS '{key}' {closed} ORDER BY [System.Id]"
        )
        found = self._read("POST", f"wiql?{_VERSION}", _Found, {"query": query})
        if not isinstance(found, _Found):
            return found
        for reference in found.work_items[:_LOOKED_AT]:
            item = self._read("GET", f"workitems/{reference.id}?{_VERSION}", _Item)
            if not isinstance(item, _Item) or item.has_tag(key):
                return item
        return None

    def _create(self, key: str, message_id: str, notice: Notice) -> Delivery:
        fields = {
            "System.Title": cut(one_line(notice.title), _LONGEST_TITLE),
            "System.Description": f"{_told(notice)}{_mark(message_id)}",
            "System.Tags": f"{_TAG}; {key}",
            **self._fields,
        }
        path = f"workitems/${quote(self._type, safe='')}?{_VERSION}"
        return self._write("POST", path, [_add(name, value) for name, value in fields.items()])

    def _comment(self, item: _Item, message_id: str, notice: Notice) -> Delivery:
        if _holds(item, message_id):
            return self._accepted(item)
        title = f"<p><b>{escape(one_line(notice.title))}</b></p>"
        return self._write(
            "PATCH",
            f"workitems/{item.id}?{_VERSION}",
            [
                {"op": "test", "path": "/rev", "value": item.rev},
                _add("System.History", f"{title}{_told(notice)}"),
                _add("System.Description", f"{item.fields.description}{_mark(message_id)}"),
            ],
        )

    def _write(self, method: str, path: str, patch: list[dict[str, Any]]) -> Delivery:
        answer = self._call(method, path, patch, "application/json-patch+json")
        if isinstance(answer, Answer) and answer.status == HTTPStatus.PRECONDITION_FAILED:
            return Later(_SOON, "somebody was changing the work item")
        item = _decoded(answer, _Item)
        return self._accepted(item) if isinstance(item, _Item) else item

    def _read[T](self, method: str, path: str, kind: type[T], body: object = None) -> T | _NoAnswer:
        return _decoded(self._call(method, path, body, "application/json"), kind)

    def _call(self, method: str, path: str, body: object, content_type: str) -> Answer | _NoAnswer:
        from azure.core.exceptions import AzureError

        try:
            authorization = self._authorization()
        except AzureError as failure:
            return Later(_SOON, f"no token could be had for it ({type(failure).__name__})")
        return call(
            method,
            f"{self._project_url}/_apis/wit/{path}",
            body=None if body is None else msgspec.json.encode(body),
            content_type=content_type,
            authorization=authorization,
            ca_bundle=self._ca_bundle,
        )

    def _authorization(self) -> str:
        if isinstance(self._credential, str):
            return f"Basic {base64.b64encode(f':{self._credential}'.encode()).decode()}"
        return f"Bearer {self._credential.get_token(_SCOPE).token}"

    def _accepted(self, item: _Item) -> Accepted:
        return Accepted(f"{self._project_url}/_workitems/edit/{item.id}")


def _decoded[T](answer: Answer | _NoAnswer, kind: type[T]) -> T | _NoAnswer:
    """What was answered, read strictly where we rely on it."""
    if not isinstance(answer, Answer):
        return answer
    if answer.status in _SIGN_IN_PAGES:
        return Dead("it wants somebody to sign in: it does not know our credential")
    if answer.status != HTTPStatus.OK:
        return refusal(answer.status, answer.retry_after)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unsure("its answer could not be read")


def _told(notice: Notice) -> str:
    """The notice in the HTML of a work item."""
    facts = "".join(
        f"<tr><td>{_html(title)}</td><td>{_html(value)}</td></tr>" for title, value in notice.facts
    )
    parts = [
        f"<p><i>{WORDS[notice.severity]}</i></p>",
        *(f"<p>{_html(paragraph)}</p>" for paragraph in notice.paragraphs),
        f"<table>{facts}</table>" if facts else "",
        f"<p>What the client said:</p><pre>{_html(notice.quoted)}</pre>" if notice.quoted else "",
    ]
    return "".join(parts)


def _html(text: str) -> str:
    return escape(cut(plain(text), _LONGEST_TEXT)).replace("\n", "<br>")


def _mark(message_id: str) -> str:
    return f"<p><small>Push Medic, message {escape(message_id)}</small></p>"


def _holds(item: _Item, message_id: str) -> bool:
    return message_id in item.fields.description


def _add(field: str, value: str) -> dict[str, Any]:
    return {"op": "add", "path": f"/fields/{field}", "value": value}
