"""Repeated measurements, in; their middle and how far they spread, out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True)
class Spread:
    """The median of some measurements, the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, measured: Sequence[float]) -> Self:
        return cls(median(measured), min(measured), max(measured))

    def shown(self, unit: float = 1, digits: int = 1) -> str:
        """The median and, in brackets, the range, in that unit."""
        middle, low, high = (f"{value / unit:.{digits}f}" for value in (self.median, self.low, self.high))
        return f"{middle} ({low}-{high})"


def ratio(measured: Sequence[float], against: Sequence[float]) -> Spread:
    """Each measurement against the one taken beside it, so that a slow moment of the machine hits both."""
    return Spread.of([one / other for one, other in zip(measured, against, strict=True)])


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes once."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
