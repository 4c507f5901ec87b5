"""What is known of a registry's storage, and the words for it that every message, page and terminal share."""

from collections.abc import Iterator
from typing import Final

from checks.contents import Contents, Tally
from checks.evidence import Absent, NotAsked, Profile, Unreadable
from checks.forecast import Forecast, forecast
from checks.model import Registry, Value
from checks.sizes import size
from remediations.storage_history import StorageDay
from remediations.storage_pictures import condensed, day_by_day, outlook, sparkline

_NAMED_IN_A_LINE: Final = 3
# A card in Teams has room for no more.
_BLOCKS_IN_A_LINE: Final = 28


class StorageReport(Value, frozen=True):
    """The days that are known, when it will be full, and what takes up the room."""

    registry: Registry
    days: tuple[StorageDay, ...]
    forecast: Forecast
    contents: Contents | Unreadable | NotAsked = NotAsked()
    profile: Profile | Absent | Unreadable | NotAsked = NotAsked()


def report(
    registry: Registry,
    days: tuple[StorageDay, ...],
    contents: Contents | Unreadable | NotAsked,
    profile: Profile | Absent | Unreadable | NotAsked,
) -> StorageReport:
    """The report on these days, with the forecast that they allow."""
    ceiling = days[-1].ceiling if days else 0
    told = forecast({one.day: one.used for one in days}, ceiling)
    return StorageReport(registry, days, told, contents, profile)


def facts(of: StorageReport) -> Iterator[tuple[str, str]]:
    """Usage, ceiling, forecast, trend and the largest repositories, a name and a value each."""
    if of.days:
        yield from _of_days(of)
    match of.contents:
        case Contents():
            yield "Largest", largest(of.contents)
            yield "Untagged", untagged(of.contents)
        case Unreadable(why=why, missing_right=right):
            yield "Largest", f"could not be read: {why}" + (f"; the bot lacks {right}" if right else "")
        case NotAsked():
            pass
    if isinstance(of.profile, Profile):
        yield "Tier", _tier(of.profile)


def _tier(profile: Profile) -> str:
    """The tier, and the policies that have a say in what a purge frees."""
    days = {"soft delete": profile.soft_delete_days, "retention": profile.retention_days}
    return ", ".join((profile.sku, *(f"{name} {_kept(kept)}" for name, kept in days.items())))


def _kept(days: int | Unreadable | None) -> str:
    """For how long a policy keeps what is deleted or untagged, if anybody could see that."""
    match days:
        case int():
            return f"{days} days"
        case Unreadable():
            return "unknown"
        case None:
            return "off"


def _of_days(of: StorageReport) -> Iterator[tuple[str, str]]:
    first, last = of.days[0], of.days[-1]
    yield "Used", f"{size(last.used)} of {size(last.ceiling)}, {last.percent} %"
    yield "Ceiling", f"{size(last.ceiling)}: {last.ceiling_source}"
    yield "Forecast", outlook(of.forecast)
    if len(of.days) > 1:
        span = (last.day - first.day).days + 1
        between = f"{size(min(one.used for one in of.days))} to {size(max(one.used for one in of.days))}"
        yield (
            f"Last {span} days",
            f"{sparkline(condensed(day_by_day(of.days), _BLOCKS_IN_A_LINE))} ({between})",
        )


def largest(held: Contents) -> str:
    """The largest repositories in a line, and how much of the registry was counted."""
    named = ", ".join(f"{tally.repository} {size(tally.size)}" for tally in held.tallies[:_NAMED_IN_A_LINE])
    return f"{named or 'nothing'} ({counted(held)})"


def counted(held: Contents) -> str:
    """How much of the registry was counted; and if that is not all, why."""
    if not held.partial:
        return f"all {held.counted} repositories counted"
    return f"partial: {held.counted} of {held.listed} repositories counted, {held.partial}"


def untagged(held: Contents | Tally) -> str:
    """How many manifests have no tag, and what they add up to."""
    parts = f", among them the parts of {held.indexes} multi-platform images" if held.indexes else ""
    return f"{held.untagged} manifests, {size(held.untagged_size)}{parts}"


def shares(of: StorageReport) -> tuple[int | None, ...]:
    """The percent of the ceiling in use, day by day, for whoever can draw; None for a day that nobody saw."""
    ceiling = of.days[-1].ceiling if of.days else 1
    return tuple(None if used is None else used * 100 // ceiling for used in day_by_day(of.days))
