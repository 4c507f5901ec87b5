"""A registry's health, in; what the terminal shows of it, out."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from checks.health import Health, Line, Mark

_WIDTH: Final = 110
MARKS: Final = {Mark.FINE: "ok", Mark.NOTED: "note", Mark.UNKNOWN: "??", Mark.WRONG: "WRONG"}
_INDENT: Final = 9
_HEADINGS: Final = {
    Mark.WRONG: "Wrong, in the order in which a push meets it",
    Mark.UNKNOWN: "Could not be told, so it may be wrong as well",
    Mark.NOTED: "Worth knowing",
    Mark.FINE: "Fine",
}


def as_text(health: Health) -> Iterator[str]:
    """The lines to print, what matters most first. None can move a terminal's cursor or change its colours."""
    yield _summary(health)
    yield ""
    yield from _about(health)
    for mark, heading in _HEADINGS.items():
        found = health.marked(mark)
        if found:
            yield ""
            yield heading
            yield from _told(found)
    yield ""
    yield _summary(health)


def _about(health: Health) -> Iterator[str]:
    """What was looked at, when, and whose view of it this is."""
    repository = f", repository {health.repository}" if health.repository else ""
    yield f"{health.login_server}{repository}: looked at {health.at:%Y-%m-%d %H:%M} UTC"
    yield "What is said of the way there and of the login holds for the network and the identity of this machine."
    if health.origin:
        yield f"What is said of the client holds for {health.origin}"


def _told(lines: Sequence[Line]) -> Iterator[str]:
    """Each line; those that ask for the same step stand together, and the step is said once."""
    for step in dict.fromkeys(line.next for line in lines):
        for line in lines:
            if line.next == step:
                yield from _seen(line)
        if step:
            yield from wrapped(f"→ {step}")


def _seen(line: Line) -> Iterator[str]:
    label = f"{line.check} {line.code}" if line.code else line.check
    perhaps = f". Perhaps: {line.means.rstrip('.')}" if line.mark is Mark.UNKNOWN else ""
    yield from wrapped(f"{line.saw}{perhaps} [{label}]", MARKS[line.mark])
    if line.mark is Mark.WRONG:
        yield from wrapped(line.means)


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
