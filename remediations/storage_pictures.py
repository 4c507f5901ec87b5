"""How full a registry has been and will be, as pictures: a line of text, and an SVG for a page.

The SVG brings no script, no style sheet and no font, so that the strictest page may show it. Its text and lines take
the colour of the text around it, so that it is at home on a dark page; and what is what is said by dashes and words,
never by a colour alone.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from typing import Final

from checks.evidence import CeilingSource
from checks.forecast import Forecast, Full, NotGrowing, Reached, TooFewSamples
from checks.sizes import size
from remediations.storage_history import StorageDay

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_GAP: Final = " "


def sparkline(values: Sequence[float | None]) -> str:
    """The values as a row of blocks, from the lowest to the highest of them; what is not known is a space."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    top = len(_BLOCKS) - 1

    def block(value: float | None) -> str:
        if value is None:
            return _GAP
        return _BLOCKS[round((value - low) / (high - low) * top) if high > low else top // 2]

    return "".join(block(value) for value in values)


def day_by_day(days: Sequence[StorageDay]) -> tuple[int | None, ...]:
    """What was used on each day from the first to the last, and None on those that nobody saw."""
    if not days:
        return ()
    used = {one.day: one.used for one in days}
    span = (days[-1].day - days[0].day).days
    return tuple(used.get(days[0].day + timedelta(days=number)) for number in range(span + 1))


def condensed(values: Sequence[int | None], most: int) -> tuple[int | None, ...]:
    """At most so many values: the highest of each few days, because it is the peaks that meet the ceiling."""
    few = max(1, -(-len(values) // most))
    groups = (values[max(0, end - few) : end] for end in range(len(values), 0, -few))
    highest = (max((one for one in group if one is not None), default=None) for group in groups)
    return tuple(highest)[::-1]


def outlook(told: Forecast) -> str:
    """The forecast in a sentence."""
    match told:
        case Full():
            return "Full."
        case Reached(earliest=earliest, latest=latest, per_day=per_day) if earliest == latest:
            return f"Full about {earliest:%Y-%m-%d}, at {size(per_day)} a day."
        case Reached(earliest=earliest, likely=likely, latest=latest, per_day=per_day):
            span = (
                f"between {earliest:%Y-%m-%d} and {latest:%Y-%m-%d}"
                if latest
                else f"{earliest:%Y-%m-%d} or later"
            )
            return f"Full {span}, most likely about {likely:%Y-%m-%d}, at {size(per_day)} a day."
        case NotGrowing():
            return "Not growing, or so slowly that it would take more than ten years to fill."
        case TooFewSamples(days=days):
            return f"Too early for a forecast: {days} of the seven days are known that it takes at least."


def trend_svg(registry: str, days: Sequence[StorageDay], told: Forecast) -> str:
    """The days, the ceiling and the forecast as one SVG element, with a title and a description to be read aloud."""
    if not days:
        return ""
    plot, name, last = _Plot(days, told), escape(registry), days[-1]
    used = f"{size(last.used)} of {size(last.ceiling)} used on {last.day:%Y-%m-%d}, {last.percent} %."
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="storage-{name} storage-{name}-told" font-family="system-ui, sans-serif" '
        'font-size="12" fill="currentColor">'
    )
    named = (
        f'<title id="storage-{name}">Storage of {name}</title>',
        f'<desc id="storage-{name}-told">{escape(f"{used} {outlook(told)}")}</desc>',
    )
    parts = (_axes(plot), _ceiling(plot), _seen(plot), _foreseen(plot))
    return "".join((start, *named, *(line for part in parts for line in part), "</svg>"))


_WIDTH: Final = 640
_HEIGHT: Final = 240
_LEFT: Final = 64
_RIGHT: Final = 16
_TOP: Final = 28
_BOTTOM: Final = 28
_HEADROOM: Final = 1.04
_FARTHEST: Final = timedelta(days=84)
_NEAREST: Final = timedelta(days=14)
# Blue and vermilion, which nobody confuses (Okabe and Ito 2008), and which stand out from white and from black.
_USED: Final = "#0f7ac2"
_FULL: Final = "#d55e00"


class _Plot:
    """Where on the picture a day and an amount are."""

    def __init__(self, days: Sequence[StorageDay], told: Forecast) -> None:
        self.days = days
        self.told = told
        self.last = days[-1]
        self.first = days[0].day
        self.end = _end(self.last.day, told)
        self._top = max(self.last.ceiling, *(one.used for one in days)) * _HEADROOM

    def x(self, day: date) -> float:
        share = (day - self.first) / (self.end - self.first)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, used: float) -> float:
        return round(_HEIGHT - _BOTTOM - used / self._top * (_HEIGHT - _TOP - _BOTTOM), 1)


def _end(today: date, told: Forecast) -> date:
    """The last day of the picture: when it will be full at the latest, but neither next week nor next year."""
    wanted = (told.latest or told.likely) if isinstance(told, Reached) else today
    return min(max(wanted, today + _NEAREST), today + _FARTHEST)


def _axes(plot: _Plot) -> Sequence[str]:
    """Shares of the ceiling to the left, days below."""
    ceiling = plot.last.ceiling
    lines = [
        _line(
            (_LEFT, plot.y(ceiling * share / 100)), (_WIDTH - _RIGHT, plot.y(ceiling * share / 100)), _FAINT
        )
        + _text((_LEFT - 8, plot.y(ceiling * share / 100) + 4), f"{share} %", "end")
        for share in _SHARES
    ]
    below = _HEIGHT - 8
    days = [_text((_LEFT, below), f"{plot.first:%d %b}", "start")]
    if plot.x(plot.last.day) - _LEFT > _ROOM_FOR_A_DAY:
        days.append(_text((plot.x(plot.last.day), below), f"{plot.last.day:%d %b}", "middle"))
    if plot.x(plot.end) - plot.x(plot.last.day) > _ROOM_FOR_A_DAY:
        days.append(_text((_WIDTH - _RIGHT, below), f"{plot.end:%d %b %Y}", "end"))
    return (*lines, *days)


_SHARES: Final = (0, 25, 50, 75)
_ROOM_FOR_A_DAY: Final = 90
_FAINT: Final = 'stroke="currentColor" stroke-opacity="0.18"'


def _ceiling(plot: _Plot) -> Sequence[str]:
    at, last = plot.y(plot.last.ceiling), plot.last
    assumed = ", assumed" if last.ceiling_source is CeilingSource.ASSUMED else ""
    return (
        _line((_LEFT, at), (_WIDTH - _RIGHT, at), f'stroke="{_FULL}" stroke-width="2"'),
        _text((_LEFT - 8, at + 4), "100 %", "end"),
        _text((_LEFT, at - 7), f"Ceiling {size(last.ceiling)}{assumed}", "start"),
    )


def _seen(plot: _Plot) -> Sequence[str]:
    """The line of what was used, broken where nobody looked, and the last figure in words."""
    points = [(plot.x(one.day), plot.y(one.used)) for one in plot.days]
    floor = plot.y(0)
    area = " ".join(f"{x},{y}" for x, y in ((points[0][0], floor), *points, (points[-1][0], floor)))
    runs: list[list[tuple[float, float]]] = [[points[0]]]
    for before, one, point in zip(plot.days, plot.days[1:], points[1:], strict=False):
        if one.day - before.day > timedelta(days=1):
            runs.append([])
        runs[-1].append(point)
    x, y = points[-1]
    said = f"{size(plot.last.used)}, {plot.last.percent} %"
    return (
        f'<polygon points="{area}" fill="{_USED}" fill-opacity="0.14"/>',
        *(_path(run, f'stroke="{_USED}" stroke-width="2.5" stroke-linejoin="round"') for run in runs),
        f'<circle cx="{x}" cy="{y}" r="4" fill="{_USED}"/>',
        _text((x + 8, _below(plot, y)), said, "start", 'font-weight="600"'),
    )


def _below(plot: _Plot, y: float) -> float:
    """Where the words for the last point stand: under the forecast, and not across the ceiling."""
    below = y + _LINE_OF_WORDS
    return below + (_LINE_OF_WORDS if abs(below - 4 - plot.y(plot.last.ceiling)) < _LINE_OF_WORDS / 2 else 0)


_LINE_OF_WORDS: Final = 20


def _foreseen(plot: _Plot) -> Sequence[str]:
    """A fan from the fastest growth to the slowest, and a dashed line for the likeliest."""
    if not isinstance(plot.told, Reached):
        return ()
    told, now = plot.told, (plot.last.day, plot.last.used)
    fast, middle, slow = (_way(plot, day) for day in (told.earliest, told.likely, told.latest))
    corner = [(plot.end, plot.last.ceiling)] if fast[0] < plot.end == slow[0] else []
    fan = " ".join(f"{plot.x(day)},{plot.y(used)}" for day, used in (now, fast, *corner, slow))
    dashed = f'stroke="{_USED}" stroke-width="2" stroke-dasharray="5 4"'
    return (
        f'<polygon points="{fan}" fill="{_USED}" fill-opacity="0.22"/>',
        _path([(plot.x(day), plot.y(used)) for day, used in (now, middle)], dashed),
    )


def _way(plot: _Plot, full: date | None) -> tuple[date, float]:
    """How far it comes on this picture if it is full on that day, or never."""
    last = plot.last
    if full is None:
        return plot.end, last.used
    if full <= plot.end:
        return full, last.ceiling
    share = (plot.end - last.day) / (full - last.day)
    return plot.end, last.used + share * (last.ceiling - last.used)


def _line(start: tuple[float, float], end: tuple[float, float], look: str) -> str:
    return f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" {look}/>'


def _path(points: Sequence[tuple[float, float]], look: str) -> str:
    if len(points) == 1:
        return ""
    return f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" fill="none" {look}/>'


def _text(at: tuple[float, float], said: str, anchor: str, look: str = "") -> str:
    attributes = f'x="{at[0]}" y="{at[1]}" text-anchor="{anchor}" {look}'.rstrip()
    return f"<text {attributes}>{escape(said)}</text>"
