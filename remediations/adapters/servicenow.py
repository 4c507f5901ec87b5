"""The ticket desk ServiceNow: incidents by the Table API, found by their `correlation_id`.

The desk does not keep that id unique, so one ticket for one key is our own row's doing. A note is looked up in the
journal of the incident before it is written.
"""

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec

from remediations.adapters.desk_api import DeskApi, basic
from remediations.adapters.http_call import Answer
from remediations.model import Notice, Severity
from remediations.ports import Closed, Dead, NoAnswer, Ref
from remediations.ticket_text import mark, text, title

_TABLE: Final = "api/now/table/incident"
_JOURNAL: Final = "api/now/table/sys_journal_field"
# Resolved, closed, cancelled.
_ENDED: Final = ("6", "7", "8")
_RESOLVED: Final = "6"
_URGENCY: Final = {Severity.URGENT: "2", Severity.WARNING: "3", Severity.INFO: "3", Severity.GOOD: "3"}
# Between these a journal shows HTML.
_CODE: Final = re.compile(r"\[(/?code)\]", re.IGNORECASE)
_SYS_ID: Final = re.compile(r"[0-9a-f]{32}")


class _Incident(msgspec.Struct, frozen=True):
    sys_id: str
    number: str = ""
    state: str = ""
    description: str = ""


class _One(msgspec.Struct, frozen=True):
    result: _Incident


class _Some(msgspec.Struct, frozen=True):
    result: tuple[_Incident, ...]


class _Note(msgspec.Struct, frozen=True):
    sys_id: str


class _Notes(msgspec.Struct, frozen=True):
    result: tuple[_Note, ...]


class ServiceNow:
    """The incidents of one instance. `close_code` is what this instance calls a good end."""

    name: Final = "servicenow"
    repeatable: Final = True
    lag: Final = 30

    def __init__(
        self,
        instance_url: str,
        user: str,
        password: str,
        *,
        assignment_group: str = "",
        close_code: str = "Solution provided",
        ca_bundle: str | None = None,
    ) -> None:
        self._url = instance_url.rstrip("/")
        self._group = assignment_group
        self._close_code = close_code
        self._api = DeskApi(self._url, basic(user, password), meaning=_meaning, ca_bundle=ca_bundle)

    def find(self, key: str) -> Ref | NoAnswer | None:
        wanted = f"correlation_id={key}^active=true^stateNOT IN{','.join(_ENDED)}^ORDERBYsys_created_on"
        query = {"sysparm_query": wanted, "sysparm_fields": "sys_id,number,state", "sysparm_limit": "1"}
        found = self._api.ask("GET", f"{_TABLE}?{urlencode(query)}", _Some)
        if not isinstance(found, _Some):
            return found
        return self._ref(found.result[0]) if found.result else None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        fields = {
            "short_description": title(notice),
            "description": _noted(message_id, notice),
            "urgency": _URGENCY[notice.severity],
            "impact": "2",
            "correlation_id": key,
            "correlation_display": "push-medic",
        }
        if self._group:
            fields["assignment_group"] = self._group
        made = self._api.ask("POST", _TABLE, _One, fields)
        return self._ref(made.result) if isinstance(made, _One) else made

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        return self._tell(ref, message_id, notice, {})

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer:
        ending = {"state": _RESOLVED, "close_code": self._close_code, "close_notes": _inert(title(notice))}
        return self._tell(ref, message_id, notice, ending)

    def _tell(
        self, ref: Ref, message_id: str, notice: Notice, more: dict[str, str]
    ) -> Ref | Closed | NoAnswer:
        if not _SYS_ID.fullmatch(ref.id):
            return Dead("what it calls the ticket is no sys_id")
        fields = urlencode({"sysparm_fields": "sys_id,number,state,description"})
        now = self._api.ask("GET", f"{_TABLE}/{ref.id}?{fields}", _One)
        if not isinstance(now, _One):
            return now
        if now.result.state in _ENDED:
            return Closed()
        held = mark(message_id) in now.result.description or self._holds(ref, message_id)
        if not isinstance(held, bool):
            return held
        body = dict(more) if held else {**more, "work_notes": _noted(message_id, notice)}
        if not body:
            return ref
        done = self._api.ask("PATCH", f"{_TABLE}/{ref.id}", _One, body)
        return self._ref(done.result) if isinstance(done, _One) else done

    def _holds(self, ref: Ref, message_id: str) -> bool | NoAnswer:
        wanted = f"element_id={ref.id}^element=work_notes^valueLIKE{mark(message_id)}"
        query = {"sysparm_query": wanted, "sysparm_fields": "sys_id", "sysparm_limit": "1"}
        found = self._api.ask("GET", f"{_JOURNAL}?{urlencode(query)}", _Notes)
        return bool(found.result) if isinstance(found, _Notes) else found

    def _ref(self, incident: _Incident) -> Ref:
        return Ref(incident.sys_id, f"{self._url}/nav_to.do?uri=incident.do?sys_id={incident.sys_id}")


def _meaning(answer: Answer) -> NoAnswer | None:
    """A developer's instance that sleeps answers with a page, and so does a proxy: that is no answer of the table."""
    if answer.status == HTTPStatus.OK and answer.headers.get("content-type", "").startswith("text/html"):
        return Dead("it answered with a page: it is asleep, or this is not its address")
    return None


def _noted(message_id: str, notice: Notice) -> str:
    return f"{_inert(f'{title(notice)}\n\n{text(notice)}')}\n\n{mark(message_id)}"


def _inert(said: str) -> str:
    return _CODE.sub(r"(\1)", said)
