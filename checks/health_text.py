"""A registry's health, in; what the terminal shows of it, out."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from checks.health import Health, Line, Mark, Part

_WIDTH: Final = 110
MARKS: Final = {Mark.FINE: "ok", Mark.NOTED: "note", Mark.UNKNOWN: "??", Mark.WRONG: "WRONG"}
_INDENT: Final = 9


def as_text(health: Health) -> Iterator[str]:
    """The lines to print, the summary last. Nothing in them can move a terminal's cursor or change its colours."""
    about = (
        f"{health.login_server}, repository {health.repository}" if health.repository else health.login_server
    )
    yield f"{about}: looked at {health.at:%Y-%m-%d %H:%M} UTC"
    yield "What is said of the way there and of the login holds for the network and the identity of this machine."
    for part in Part:
        found = [line for line in health.lines if line.part is part]
        if found:
            yield ""
            yield str(part) if part is not Part.CLIENT else f"{part}, {health.origin}"
        for line in found:
            yield from _told(line)
    yield ""
    yield _summary(health)


def _told(line: Line) -> Iterator[str]:
    label = f"{line.check} {line.code}" if line.code else line.check
    yield from wrapped(f"{line.saw} [{label}]", MARKS[line.mark])
    if line.mark is Mark.WRONG:
        yield from wrapped(line.means)
    if line.next:
        yield from wrapped(f"→ {line.next}")


def wrapped(text: str, mark: str = "") -> Iterator[str]:
    """The text in lines that fit, with its mark before it. What cannot be printed is a space."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    yield from wrap(
        printable,
        _WIDTH,
        initial_indent=f"  {mark:<{_INDENT - 2}}",
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(health: Health) -> str:
    counts = {mark: len(health.marked(mark)) for mark in Mark}
    parts = [f"{counts[Mark.WRONG]} wrong" if counts[Mark.WRONG] else "nothing wrong"]
    if counts[Mark.UNKNOWN]:
        parts.append(f"{counts[Mark.UNKNOWN]} could not be told")
    parts.append(f"{counts[Mark.NOTED]} noted")
    parts.append(f"{counts[Mark.FINE]} fine")
    return f"{health.registry}: {', '.join(parts)}."
