"""Stories in, pages in a folder out: one for each story, one that leads to them, and all cards, mails and journals."""

import html
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec

from composition import App
from demo import people
from demo.people import Told
from demo.telling import Story
from remediations.approvals import Person
from remediations.incidents_page import Known, Links, incident_page, overview_page
from remediations.mails import mail
from remediations.model import Record
from remediations.overview import Overview, overview
from remediations.overview_text import as_text
from tests.local_azure import Mail, TeamsPost, WorkItem
from tests.overviews import busy
from tests.render.cards import render_card
from tests.render.golden import as_told, notices

_VISITOR: Final = Person(name="a visitor of this demonstration")
_TAGS: Final = re.compile(r"<[^>]+>")
_LONGEST_FIELD: Final = 1200


@dataclass(frozen=True)
class Card:
    """Where a rendered card is, and its picture if this machine could take one."""

    title: str
    page: str
    picture: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class MailPage:
    """Where a mail is."""

    title: str
    to: str
    page: str


@dataclass(frozen=True)
class Page:
    """A story's page and what belongs to it; every path is relative to the folder."""

    story: Story
    name: str
    cards: tuple[Card, ...]
    mails: tuple[MailPage, ...]
    journals: tuple[str, ...]


class Pages:
    """Writes into a folder that is emptied first."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("cards", "mails", "journals", "incidents", "notices", "month/incidents"):
            (folder / part).mkdir(parents=True)
        self._folder = folder
        self._pages: list[Page] = []
        self._notices: list[tuple[str, str, str]] = []
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("demo"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, story: Story, told: Told, journals: Mapping[str, Sequence[Record]]) -> Page:
        """A story's page, with everything on it in files of its own as well."""
        page = Page(
            story=story,
            name=f"{story.name}.html",
            cards=tuple(self._card(f"{story.name}-{n}", post) for n, post in enumerate(told.cards, 1)),
            mails=tuple(self._mail(f"{story.name}-{n}", mail) for n, mail in enumerate(told.mails, 1)),
            journals=tuple(self._journal(incident, records) for incident, records in journals.items()),
        )
        self._write(
            page.name,
            "story.html",
            story=story,
            cards=page.cards,
            mails=page.mails,
            tickets=[_ticket(item) for item in told.tickets],
            journals=page.journals,
            kind_of=lambda block: type(block).__name__,
        )
        self._pages.append(page)
        return page

    def write_notices(self) -> None:
        """Every kind of notice there is, as card and as mail, for whoever wants to see what the bot can say."""
        for name, notice in notices():
            told = as_told(notice)
            rendered = render_card(
                told["card"]["attachments"][0]["content"], self._folder / f"notices/{name}.html"
            )
            written = mail(notice, name, "notify.contoso.com")
            self._save(f"notices/{name}-mail.html", written.html)
            self._notices.append((notice.title, f"notices/{rendered.page.name}", f"notices/{name}-mail.html"))

    def write_status(self, app: App) -> None:
        """The incidents page, the page of each incident, and what `medic status` prints."""
        self._look("", app.overview(), app.known)

    def write_month(self) -> None:
        """The same of a busy month that is made up: this is what the pages are for."""
        past = busy()
        rows = {row.id: row for row in past.incidents}
        self._look("month/", overview(past.survey()), lambda name: Known(past.journals[name], rows[name]))

    def _look(self, folder: str, seen: Overview, known: Callable[[str], Known]) -> None:
        here = Links(overview="incidents.html", incidents="incidents/{}.html", approvals="")
        there = Links(overview="../incidents.html", incidents="{}.html", approvals="")
        self._save(f"{folder}incidents.html", overview_page(seen, _VISITOR, here).html)
        named = {need.incident for need in seen.needs if need.incident}
        named |= {one.incident for one in seen.standing} | {one.incident for one in seen.actions}
        for name in sorted(named):
            html = incident_page(name, known(name), _VISITOR, there).html
            self._save(f"{folder}incidents/{name}.html", html)
        self._save(f"{folder}status.txt", "\n".join(as_text(seen)))

    def write_index(
        self, policy: str, checkup: str, played: Sequence[tuple[str, str]], when: datetime
    ) -> Path:
        """The page that leads to all others, and beside it what `medic doctor` says."""
        self._save("doctor.txt", checkup)
        said = f"{when:%Y-%m-%d %H:%M} UTC"
        return self._write(
            "index.html",
            "index.html",
            pages=self._pages,
            notices=self._notices,
            policy=policy,
            checkup=checkup,
            played=played,
            when=said,
        )

    def _write(self, name: str, template: str, **parts: Any) -> Path:  # noqa: ANN401 - what a template names
        return self._save(name, self._templates.get_template(template).render(parts))

    def _save(self, name: str, text: str) -> Path:
        file = self._folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def _card(self, name: str, post: TeamsPost) -> Card:
        rendered = render_card(post.card, self._folder / f"cards/{name}.html")
        sight = rendered.sight
        return Card(
            title=str(post.card.get("fallbackText", "")),
            page=f"cards/{rendered.page.name}",
            picture=f"cards/{sight.picture.name}" if sight else None,
            problems=sight.problems if sight else (),
        )

    def _mail(self, name: str, mail: Mail) -> MailPage:
        file = self._folder / f"mails/{name}.html"
        file.write_text(people.html(mail), encoding="utf-8")
        return MailPage(people.subject(mail), people.recipients(mail), f"mails/{file.name}")

    def _journal(self, incident: str, records: Sequence[Record]) -> str:
        file = self._folder / f"journals/{incident}.jsonl"
        file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
        return f"journals/{file.name}"


def _ticket(item: WorkItem) -> tuple[tuple[str, str], ...]:
    """A work item's fields as people read them."""
    fields = (
        (name.partition(".")[2], html.unescape(_TAGS.sub(" ", str(value)))[:_LONGEST_FIELD])
        for name, value in item.fields.items()
        if name.startswith("System.") or name.endswith(".ReproSteps")
    )
    return (("Number", f"#{item.id}"), *fields)
