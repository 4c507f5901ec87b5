"""What takes up the room in a registry, as its own catalogue tells it."""

from datetime import datetime

from checks.model import Value


class Tally(Value, frozen=True):
    """What the manifests of one repository add up to, in bytes.

    Images share layers, so a sum counts a shared layer as often as it is shared. `untagged` are the manifests
    without a tag; where there are `indexes`, which are images for several platforms, their parts are among them.
    """

    repository: str
    manifests: int
    size: int
    untagged: int
    untagged_size: int
    indexes: int = 0


class Contents(Value, frozen=True, tag="contents"):
    """The repositories that were counted, the largest first, and why not all of them were, if so.

    `tallies` holds the largest only; `counted` is how many there were, and the rest are totals over all of those.
    """

    read_at: datetime
    tallies: tuple[Tally, ...]
    listed: int
    counted: int
    untagged: int
    untagged_size: int
    indexes: int
    partial: str = ""


def contents(read_at: datetime, listed: int, tallies: list[Tally], partial: str, largest: int) -> Contents:
    """The contents that these tallies are of, of which the largest are named."""
    by_size = sorted(tallies, key=lambda tally: (-tally.size, tally.repository))
    return Contents(
        read_at=read_at,
        tallies=tuple(by_size[:largest]),
        listed=listed,
        counted=len(tallies),
        untagged=sum(tally.untagged for tally in tallies),
        untagged_size=sum(tally.untagged_size for tally in tallies),
        indexes=sum(tally.indexes for tally in tallies),
        partial=partial,
    )
