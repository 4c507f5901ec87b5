"""Who is told, and when: a notice and the policy in, channels out, and whether one of them has to wait. Pure."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from checks.incident import parts_of
from checks.model import Value
from remediations.model import Kind, Notice, Severity
from remediations.policy import Notices, QuietHours, Route, is_any


class Pace(Value, frozen=True):
    """How many messages a channel takes. A `sparing` one gets two of each incident at the most."""

    per_minute: int
    per_hour: int
    sparing: bool = False


class Held(Value, frozen=True):
    """A message that waits for the digest, until when and why."""

    until: datetime
    why: str


def routed(
    notice: Notice, notices: Notices, channels: Collection[str], desks: Collection[str]
) -> tuple[str, ...]:
    """The channels that hear of it: those of every route that it fits.

    What fits no route goes everywhere, so that nothing is told to nobody; and so do tickets, where no route names
    a desk.
    """
    fitting = [route for route in notices.routes if _fits(route, notice)]
    named = [name for route in fitting for name in route.channels]
    if not fitting:
        named = list(channels)
    if not any(name in desks for route in notices.routes for name in route.channels):
        named += desks
    return tuple(dict.fromkeys(named))


def _fits(route: Route, notice: Notice) -> bool:
    parts = parts_of(notice.incident)
    return (
        is_any(route.registries, parts[0] if parts else "")
        and (not route.causes or notice.cause in route.causes)
        and (not route.severities or notice.severity in route.severities)
        and (not route.outcomes or notice.kind in route.outcomes)
    )


def held(notice: Notice, notices: Notices, now: datetime, lately: int) -> Held | None:
    """Whether a message for people has to wait for the digest. What is urgent never does.

    `lately` is how many the channel took within the last hour.
    """
    if notice.severity is Severity.URGENT or notice.kind in (Kind.DIGEST, Kind.HEARTBEAT):
        return None
    ends = quiet_until(notices.quiet_hours, now)
    if ends:
        return Held(ends, "quiet hours")
    if lately >= notices.per_hour:
        return folded(now, f"there were {lately} within an hour")
    return None


def folded(now: datetime, why: str) -> Held:
    """It comes with the digest of the hour."""
    return Held(now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), why)


def quiet_until(hours: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours end, or None where it is not quiet."""
    if hours is None:
        return None
    there = now.astimezone(ZoneInfo(hours.zone))
    begin, end = time.fromisoformat(hours.begin), time.fromisoformat(hours.end)
    over_night = begin > end
    clock = there.time().replace(tzinfo=None)
    quiet = (clock >= begin or clock < end) if over_night else begin <= clock < end
    if not quiet:
        return None
    day = there.date() + timedelta(days=1 if over_night and clock >= begin else 0)
    return datetime.combine(day, end, there.tzinfo).astimezone(now.tzinfo)
