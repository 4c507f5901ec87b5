"""A request to look in, a page out: everything at once, or one incident's story. Nothing can be changed here."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from checks.incident import Incident
from checks.model import Value
from checks.sizes import size
from remediations.approvals import Person
from remediations.chapters import chapters
from remediations.episodes import Ending, Episode, Mark, episode
from remediations.model import Record
from remediations.notices import what_failed
from remediations.overview import EVERY_CAUSE, STATES, Overview, Storage, headline
from remediations.pages import Page, page
from remediations.plain import cut, one_line, plain
from remediations.principals import NotSignedIn, reader
from remediations.spans import seconds, span
from remediations.storage_pictures import outlook, trend_svg

if TYPE_CHECKING:
    from markupsafe import Markup

_ID: Final = re.compile(r"[a-z0-9]{5,50}-[0-9a-f]{12}-[0-9]{1,9}")
_LONGEST_TEXT: Final = 2000
_MOST_CHAPTERS: Final = 200
# The others are a click away.
_SHOWN_ACTIONS: Final = 10
# Each is in the fonts of every system, which emoji are not.
_SYMBOLS: Final = {
    Mark.GOOD: "\N{CHECK MARK}",
    Mark.QUIET: "\N{MIDDLE DOT}",
    Mark.WARNING: "!",
    Mark.BAD: "\N{MULTIPLICATION SIGN}",
}
_COMMAND: Final = re.compile(r"(?P<words>|[^:]*: )(?P<command>(?:medic|az) .+)")


@dataclass(frozen=True)
class Looking:
    """What of an HTTP request matters here. Without an incident, it is about all of them."""

    principal: str
    incident: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of one incident. `row` is there while it is the latest of its kind; `in_force` names its change."""

    records: Sequence[Record]
    row: Incident | None = None
    in_force: str = ""
    broken_at: int | None = None


class Links(Value, frozen=True):
    """Where things are found. Without `approvals`, there is no page on which to decide."""

    overview: str = "/api/incidents"
    incidents: str = "/api/incidents/{}"
    approvals: str = "/api/approvals/{}"

    def incident(self, name: str) -> str:
        return self.incidents.format(quote(name, safe=""))

    def approval(self, name: str) -> str:
        return self.approvals.format(quote(name, safe="")) if self.approvals else ""


class IncidentsPage:
    """The pages on which people look. Whoever is signed in may; nobody else sees a word."""

    def __init__(self, look: Callable[[], Overview], find: Callable[[str], Known], links: Links) -> None:
        self._look = look
        self._find = find
        self._links = links

    def answer(self, looking: Looking) -> Page:
        """The page that was asked for, if somebody is signed in."""
        who = reader(looking.principal)
        if isinstance(who, NotSignedIn):
            asked = self._links.incident(looking.incident) if looking.incident else self._links.overview
            sign_in = f"/.auth/login/aad?post_login_redirect_uri={quote(asked, safe='')}"
            return self._said(401, "Please sign in", "Who looks must be known.", sign_in)
        if not looking.incident:
            return overview_page(self._look(), who, self._links)
        known = self._find(looking.incident) if _ID.fullmatch(looking.incident) else Known(())
        if not known.records:
            return self._said(404, "There is nothing here", "No incident has this name.")
        return incident_page(looking.incident, known, who, self._links)

    def _said(self, status: int, title: str, note: str, sign_in: str = "") -> Page:
        words = {"note": note, "sign_in": sign_in, "links": self._links}
        return page("incidents_note", status, title, words)


def overview_page(overview: Overview, person: Person, links: Links) -> Page:
    """Everything at once."""
    urgent = sum(need.urgent for need in overview.needs)
    words = {
        "overview": overview,
        "urgent": urgent,
        "every": next(iter(overview.repairs), None),
        "every_cause": EVERY_CAUSE,
        "trend": _trend,
        "outlook": outlook,
        "size": size,
        "shown_actions": _SHOWN_ACTIONS,
        "person": person,
        "links": links,
    }
    return page("incidents", 200, headline(overview), words | _WORDS)


def _trend(one: Storage) -> "Markup":
    """The picture, which escapes what it shows."""
    from markupsafe import Markup

    return Markup(trend_svg(one.registry, one.days, one.forecast))  # noqa: S704 - see there


def incident_page(name: str, known: Known, person: Person, links: Links) -> Page:
    """One incident's story."""
    told = episode(name, known.records)
    assert told, "there are records"
    words = {
        "name": name,
        "known": known,
        "told": told,
        "ending": _ENDINGS[told.ending],
        "chapters": chapters(known.records[:_MOST_CHAPTERS]),
        "more": max(0, len(known.records) - _MOST_CHAPTERS),
        "person": person,
        "links": links,
    }
    return page("incidents_story", 200, _title(told, known.row), words | _WORDS)


def _title(told: Episode, row: Incident | None) -> str:
    registry = told.incident.partition("-")[0]
    if told.diagnosis:
        return f"{what_failed(told.diagnosis.symptom)} in {registry}"
    return f"{what_failed(row.symptom)} in {registry}" if row else f"An incident in {registry}"


_ENDINGS: Final = {
    Ending.UNDER_WAY: Mark.WARNING,
    Ending.ALONE: Mark.GOOD,
    Ending.AGREED: Mark.GOOD,
    Ending.PEOPLE: Mark.BAD,
    Ending.BY_ITSELF: Mark.QUIET,
}


def _shown(text: str) -> str:
    """The text with nothing in it that hides, and no longer than anybody reads."""
    return cut(plain(text), _LONGEST_TEXT)


def _step(text: str) -> tuple[tuple[str, bool], ...]:
    """The step in pieces, and which of them are commands: what stands in backticks, else what ends it as one."""
    step = one_line(text)
    pieces = step.split("`")
    if len(pieces) % 2 and len(pieces) > 1:
        return tuple((piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece)
    found = _COMMAND.fullmatch(step)
    return ((found["words"], False), (found["command"], True)) if found else ((step, False),)


_WORDS: Final = {
    "states": STATES,
    "symbols": _SYMBOLS,
    "shown": _shown,
    "step": _step,
    "span": span,
    "seconds": seconds,
}
