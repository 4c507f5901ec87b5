"""Messages that had to wait, in; the one notice that stands for all of them, out. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from remediations.model import Kind, Notice, Severity

_MOST: Final = 20
_ORDER: Final = tuple(Severity)


def digest(channel: str, step: str, folded: Sequence[Notice], why: str, now: datetime) -> Notice:
    """What was held back, the gravest first and the newest of those; `why` says why it was."""
    gravest = sorted(folded, key=lambda notice: (-_ORDER.index(notice.severity), -notice.at.timestamp()))
    more = len(gravest) - _MOST
    left_out = (f"And {more} more, which `medic incidents` lists.",) if more > 0 else ()
    return Notice(
        incident=f"digest-{channel}",
        step=step,
        severity=gravest[0].severity,
        title=f"{len(folded)} messages in one",
        at=now,
        facts=tuple(
            (f"{notice.at:%H:%M}", f"{notice.title} · {notice.incident}") for notice in gravest[:_MOST]
        ),
        paragraphs=(
            f"They were held back: {why}. Times are in UTC.",
            *left_out,
            "Each in full: medic show ID",
        ),
        kind=Kind.DIGEST,
    )


def heartbeat(week: str, facts: tuple[tuple[str, str], ...], now: datetime) -> Notice:
    """A sign of life, the same whenever it is made within the week."""
    return Notice(
        incident=f"heartbeat-{week}",
        step="heartbeat",
        severity=Severity.INFO,
        title="Push Medic is at work",
        at=now,
        facts=facts,
        paragraphs=("It says so once a week, so that a channel that no longer arrives is noticed.",),
        kind=Kind.HEARTBEAT,
    )
