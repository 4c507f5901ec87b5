"""Everything at once, in; what the terminal shows of it, out. Pure."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from checks.sizes import size
from remediations.episodes import Action, Mark
from remediations.overview import STATES, Channel, Need, Overview, Repairs, Standing, Storage, headline
from remediations.plain import one_line
from remediations.spans import seconds, span
from remediations.storage_pictures import day_by_day, outlook, sparkline

_WIDTH: Final = 110
_NARROWEST: Final = 12
_MOST_ACTIONS: Final = 15
_SPARKS: Final = 28
_GAP: Final = "  "
_MARKS: Final = {Mark.GOOD: "ok", Mark.QUIET: "", Mark.WARNING: "!", Mark.BAD: "BAD"}


def as_text(seen: Overview) -> Iterator[str]:
    """The lines to print. Nothing in them can move a terminal's cursor or change its colours."""
    yield f"{headline(seen)}, as of {seen.at:%Y-%m-%d %H:%M} UTC. Looked back {span(seen.at - seen.since)}."
    for need in seen.needs:
        yield ""
        yield from _need(need, seen)
    yield from _part("Open incidents", _standing(seen), _OPEN)
    if seen.open > len(seen.standing):
        yield f"{_GAP}{seen.open - len(seen.standing)} older ones: medic incidents"
    yield from _part("What the bot did", [_action(one) for one in seen.actions[:_MOST_ACTIONS]], _DONE)
    if len(seen.actions) > _MOST_ACTIONS:
        yield f"{_GAP}{len(seen.actions) - _MOST_ACTIONS} earlier ones: medic status --json"
    yield from _part("How repairs go", [_repairs(one) for one in seen.repairs], _WENT)
    yield from _part("Storage", [_storage(one) for one in seen.storage], _FULL)
    yield from _part("How people are reached", [_channel(one) for one in seen.channels], _REACHED)


_OPEN: Final = ("age", "what failed", "where it stands", "signals", "incident")
_DONE: Final = ("when", "change", "what came of it", "undo it")
_WENT: Final = ("cause", "incidents", "without people", "agreed", "half within", "9 in 10 within")
_FULL: Final = ("registry", "used", "four weeks", "outlook")
_REACHED: Final = ("channel", "", "last taken", "taken", "waiting", "dead", "unknown")


def _need(need: Need, seen: Overview) -> Iterator[str]:
    mark = "!!" if need.urgent else "! "
    yield from _wrapped(f"{need.title} ({span(seen.at - need.since)})", f"{mark} ", "   ")
    for step in need.do:
        yield from _wrapped(step, "   ", "     ")


def _standing(seen: Overview) -> list[Sequence[str]]:
    return [_open(one, seen) for one in seen.standing]


def _open(one: Standing, seen: Overview) -> Sequence[str]:
    what = f"{one.what} in {one.registry}" + (f": {one.about}" if one.about else "")
    return span(seen.at - one.opened_at), what, STATES[one.state], str(one.count), one.incident


def _action(one: Action) -> Sequence[str]:
    return f"{one.at:%Y-%m-%d %H:%M}", one.what, one.outcome, one.undo


def _repairs(one: Repairs) -> Sequence[str]:
    share = "-" if one.share is None else f"{one.share} %"
    return one.cause, str(one.ended), share, str(one.agreed), seconds(one.p50), seconds(one.p90)


def _storage(one: Storage) -> Sequence[str]:
    last = one.days[-1]
    used = f"{size(last.used)} of {size(last.ceiling)}, {last.percent} %"
    return one.registry, used, sparkline(day_by_day(one.days)[-_SPARKS:]), outlook(one.forecast)


def _channel(one: Channel) -> Sequence[str]:
    counts = (one.accepted, one.waiting, one.dead, one.unknown)
    at = f"{one.accepted_at:%Y-%m-%d %H:%M}" if one.accepted_at else "none in a week"
    return one.name, _MARKS[one.mark], at, *map(str, counts)


def _part(title: str, rows: Sequence[Sequence[str]], heads: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title
    if not rows:
        yield f"{_GAP}none"
        return
    yield from _table([[one_line(cell) for cell in row] for row in rows], heads)


def _table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> Iterator[str]:
    """The rows in columns. Where they are wider than a terminal, the widest column is wrapped."""
    widths = [max(1, *map(len, column)) for column in zip(heads, *rows, strict=True)]
    room = _WIDTH - len(_GAP) * len(widths)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= 1
    for row in (heads, *rows):
        cells = [wrap(cell, width, break_on_hyphens=False) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells), default=1)):
            line = [cell[number] if number < len(cell) else "" for cell in cells]
            padded = (f"{text:<{width}}" for text, width in zip(line, widths, strict=True))
            yield f"{_GAP}{_GAP.join(padded)}".rstrip()


def _wrapped(text: str, first: str, other: str) -> Iterator[str]:
    yield from wrap(
        one_line(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )
