"""How long something took or is ago, in the words in which people say it."""

from datetime import timedelta
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def span(length: timedelta) -> str:
    """The length in its one or two largest units that matter; never less than nothing."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return (
            _two(seconds, _MINUTE, "min", 1, "s") if seconds < 10 * _MINUTE else f"{seconds // _MINUTE} min"
        )
    if seconds < 2 * _DAY:
        return _two(seconds, _HOUR, "h", _MINUTE, "min")
    return f"{seconds // _DAY} d"


def _two(seconds: int, large: int, its_name: str, small: int, the_other: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large} {its_name}" + (f" {rest} {the_other}" if rest else "")


def seconds(count: int | None) -> str:
    """So many seconds; a dash where nobody knows."""
    return "-" if count is None else span(timedelta(seconds=count))
