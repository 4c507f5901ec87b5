"""A notice in, the text of a ticket out: plain, complete, and marked so that its message is found again. Pure."""

from typing import Final

from remediations.model import Notice
from remediations.plain import cut, one_line, plain
from remediations.tone import WORDS

_MARK: Final = "Push Medic, message"
_LONGEST_TITLE: Final = 150
_LONGEST_TEXT: Final = 20_000
_LONGEST_PART: Final = 8_000


def title(notice: Notice) -> str:
    """The notice's title on one line."""
    return cut(one_line(unmarked(notice.title)), _LONGEST_TITLE)


def paragraphs(notice: Notice) -> tuple[str, ...]:
    """The notice without its title and what is quoted, paragraph by paragraph."""
    facts = "\n".join(f"{one_line(name)}: {one_line(value)}" for name, value in notice.facts)
    parts = (WORDS[notice.severity], *notice.paragraphs, facts)
    shown = (cut(unmarked(part), _LONGEST_PART) for part in parts)
    return tuple(part for part in shown if part.strip())


def quoted(notice: Notice) -> str:
    """What the client said."""
    return cut(unmarked(notice.quoted), _LONGEST_PART)


def text(notice: Notice) -> str:
    """All of it as plain text."""
    said = f"What the client said:\n{quoted(notice)}" if quoted(notice) else ""
    return cut("\n\n".join((*paragraphs(notice), *filter(None, (said,)))), _LONGEST_TEXT)


def mark(message_id: str) -> str:
    """What a ticket carries so that a message that is sent again is seen to be there."""
    return f"{_MARK} {message_id}"


def unmarked(said: str) -> str:
    """The text without anything in it that could be taken for a mark: no client can say that it was told already."""
    return plain(said).replace(_MARK, "(a mark of Push Medic)")
