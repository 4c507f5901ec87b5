"""The ticket desk Azure DevOps: work items, made and changed by JSON Patch, found by a tag that is their key.

A work item says in its description which messages it holds. So a message that is sent again is found there.
"""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from remediations.adapters.desk_api import DeskApi, basic, bearer
from remediations.adapters.http_call import Answer
from remediations.model import Notice
from remediations.plain import cut, one_line
from remediations.ports import Closed, Dead, Later, NoAnswer, Ref
from remediations.ticket_text import mark, unmarked
from remediations.tone import WORDS

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

# The application id of Azure DevOps, the same in every tenant.
_SCOPE: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
_VERSION: Final = "api-version=7.1"
_PATCH: Final = "application/json-patch+json"
_TAG: Final = "push-medic"
_LONGEST_TITLE: Final = 250
_LONGEST_TEXT: Final = 30_000
_LOOKED_AT: Final = 5
_SOON: Final = 30
_ENDED: Final = ("Closed", "Done", "Removed")
_COMPLETED: Final = "Completed"
_WAS_CHANGED: Final = 412


class _Reference(msgspec.Struct, frozen=True):
    id: int


class _Found(msgspec.Struct, frozen=True, rename="camel"):
    work_items: tuple[_Reference, ...]


class _Fields(msgspec.Struct, frozen=True):
    tags: str = msgspec.field(name="System.Tags", default="")
    description: str = msgspec.field(name="System.Description", default="")
    state: str = msgspec.field(name="System.State", default="")
    kind: str = msgspec.field(name="System.WorkItemType", default="")


class _Item(msgspec.Struct, frozen=True):
    id: int
    rev: int
    fields: _Fields

    def has_tag(self, tag: str) -> bool:
        return tag.lower() in (one.strip().lower() for one in self.fields.tags.split(";"))


class _State(msgspec.Struct, frozen=True):
    name: str
    category: str


class _States(msgspec.Struct, frozen=True):
    value: tuple[_State, ...]


class AzureDevOps:
    """The work items of one project.

    `credential` is an identity that is a user of the organisation, or a personal access token. `fields` are those
    that the project wants on every new work item, by reference name.
    """

    name: Final = "azure_devops"
    repeatable: Final = True
    # No promise is made of how soon a new work item is found by its tag.
    lag: Final = 60

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
        self._type = work_item_type
        self._fields = dict(fields or {})
        self._api = DeskApi(
            f"{self._project_url}/_apis/wit",
            basic("", credential) if isinstance(credential, str) else bearer(credential, _SCOPE),
            meaning=_meaning,
            ca_bundle=ca_bundle,
        )

    def find(self, key: str) -> Ref | NoAnswer | None:
        """The open work item with exactly this key among its tags."""
        open_ = " ".join(f"AND [System.State] <> '{state}'" for state in _ENDED)
        query = (
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "  # noqa: S608  a checked key
            f"AND [System.Tags] CONTAINS '{key}' {open_} ORDER BY [System.Id]"
        )
        found = self._api.ask("POST", f"wiql?{_VERSION}", _Found, {"query": query})
        if not isinstance(found, _Found):
            return found
        for reference in found.work_items[:_LOOKED_AT]:
            item = self._item(str(reference.id))
            if not isinstance(item, _Item):
                return item
            if item.has_tag(key):
                return self._ref(item)
        return None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        fields = {
            "System.Title": cut(one_line(notice.title), _LONGEST_TITLE),
            "System.Description": f"{_told(notice)}{_mark(message_id)}",
            "System.Tags": f"{_TAG}; {key}",
            **self._fields,
        }
        patch = [_add(name, value) for name, value in fields.items()]
        return self._write("POST", f"workitems/${quote(self._type, safe='')}", patch)

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        item = self._item(ref.id)
        if not isinstance(item, _Item):
            return item
        if mark(message_id) in item.fields.description:
            return ref
        return Closed() if item.fields.state in _ENDED else self._tell(item, message_id, notice)

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        """Bring the work item to the state that its process calls completed, with the notice as a comment."""
        item = self._item(ref.id)
        if not isinstance(item, _Item):
            return item
        if item.fields.state in _ENDED:
            return Closed()
        kind = quote(item.fields.kind or self._type, safe="")
        states = self._api.ask("GET", f"workitemtypes/{kind}/states?{_VERSION}", _States)
        if not isinstance(states, _States):
            return states
        completed = [state.name for state in states.value if state.category == _COMPLETED]
        if item.fields.state in completed:
            return Closed()
        if not completed:
            return Dead("no state of such work items means completed")
        return self._tell(item, message_id, notice, _add("System.State", completed[0]))

    def _tell(self, item: _Item, message_id: str, notice: Notice, *more: dict[str, Any]) -> Ref | NoAnswer:
        """Add the notice to the history, unless somebody has changed the work item since it was read."""
        title = f"<p><b>{escape(one_line(unmarked(notice.title)))}</b></p>"
        patch = [
            {"op": "test", "path": "/rev", "value": item.rev},
            _add("System.History", f"{title}{_told(notice)}"),
            _add("System.Description", f"{item.fields.description}{_mark(message_id)}"),
            *more,
        ]
        return self._write("PATCH", f"workitems/{item.id}", patch)

    def _item(self, number: str) -> _Item | NoAnswer:
        return self._api.ask("GET", f"workitems/{number}?{_VERSION}", _Item)

    def _write(self, method: str, path: str, patch: list[dict[str, Any]]) -> Ref | NoAnswer:
        item = self._api.ask(method, f"{path}?{_VERSION}", _Item, patch, _PATCH)
        return self._ref(item) if isinstance(item, _Item) else item

    def _ref(self, item: _Item) -> Ref:
        return Ref(str(item.id), f"{self._project_url}/_workitems/edit/{item.id}")


def _meaning(answer: Answer) -> NoAnswer | None:
    return Later(_SOON, "somebody was changing the work item") if answer.status == _WAS_CHANGED else None


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
    return escape(cut(unmarked(text), _LONGEST_TEXT)).replace("\n", "<br>")


def _mark(message_id: str) -> str:
    return f"<p><small>{escape(mark(message_id))}</small></p>"


def _add(field: str, value: str) -> dict[str, Any]:
    return {"op": "add", "path": f"/fields/{field}", "value": value}
