"""Amounts of bytes as people say them."""

from typing import Final

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP: Final = 1024
_TEN: Final = 10


def size(count: float) -> str:
    """The amount in the largest unit of which there is at least one, with a decimal where it says something."""
    amount, unit = abs(float(count)), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    digits = 1 if unit >= _UNITS.index("GiB") or (unit and amount < _TEN) else 0
    return f"{'-' if count < 0 else ''}{amount:.{digits}f} {_UNITS[unit]}"
