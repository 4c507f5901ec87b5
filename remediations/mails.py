"""A notice in, a mail out. Pure: the plain text is complete on its own, and the HTML says the same."""

import uuid
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from checks.model import Value
from remediations.model import Notice
from remediations.plain import cut, one_line, plain
from remediations.storage_pictures import condensed
from remediations.tone import SYMBOLS, WORDS

if TYPE_CHECKING:
    import jinja2

_NAMESPACE: Final = uuid.UUID("5d2f0b8a-6d0c-5a53-8f5b-0f2a9a5a7c11")
_LONGEST_TITLE: Final = 160
_LONGEST_TEXT: Final = 20_000
_MOST_PARTS: Final = 100
_MOST_BARS: Final = 28
_ROOM_FOR_BARS: Final = 72


class Mail(Value, frozen=True):
    """What any mail service can send. `message_id` and `thread` have their angle brackets."""

    subject: str
    text: str
    html: str
    message_id: str
    thread: str
    date: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers that thread the mail under its incident and keep answering machines quiet."""
        return {
            "Message-ID": self.message_id,
            "In-Reply-To": self.thread,
            "References": self.thread,
            "Auto-Submitted": "auto-generated",
        }


def mail(notice: Notice, message_id: str, domain: str, *, key: str | None = None) -> Mail:
    """The mail about a notice: the same one whenever it is made, in one thread with all of its incident.

    `message_id` is the outbox's id of the message, and `domain` the one that it is sent from. `key` is what a
    ticket mailbox recognises a ticket by; else the subject ends with the incident.
    """
    shown, symbol, wants = _shown(notice), SYMBOLS[notice.severity], WORDS[notice.severity]
    words = {"notice": shown, "symbol": symbol, "wants": wants, "bars": _bars(notice)}
    return Mail(
        subject=one_line(f"{symbol} {wants}: {cut(shown.title, _LONGEST_TITLE)} [{key or shown.incident}]"),
        text=_template("mail.txt").render(words),
        html=_template("mail.html").render(words),
        message_id=f"<{message_id}@{domain}>",
        thread=f"<{uuid.uuid5(_NAMESPACE, shown.incident)}@{domain}>",
        date=format_datetime(notice.at),
    )


def _shown(notice: Notice) -> Notice:
    """The notice with nothing in it that hides, and no text longer than anybody reads."""
    return replace(
        notice,
        title=one_line(notice.title),
        incident=one_line(notice.incident),
        facts=tuple((one_line(title), _short(value)) for title, value in notice.facts[:_MOST_PARTS]),
        paragraphs=tuple(map(_short, notice.paragraphs[:_MOST_PARTS])),
        quoted=_short(notice.quoted),
    )


def _bars(notice: Notice) -> tuple[int | None, ...]:
    """What is drawn of the trend; nothing where there is none that a picture would show."""
    bars = condensed(notice.trend, _MOST_BARS)
    return bars if sum(bar is not None for bar in bars) > 1 else ()


def _height(percent: int) -> int:
    """How high a bar is, in pixels: all of the room at the ceiling, and never so little that it is not seen."""
    return max(1, min(_ROOM_FOR_BARS, percent * _ROOM_FOR_BARS // 100))


def _short(text: str) -> str:
    return cut(plain(text), _LONGEST_TEXT)


@cache
def _template(name: str) -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("remediations"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["height"] = _height
    return environment.get_template(name)
