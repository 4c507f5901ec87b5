"""Who is told, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.model import CauseName
from remediations.model import Kind, Notice, Severity
from remediations.policy import Notices, QuietHours
from remediations.policy_file import parse_policy
from remediations.routing import Held, held, quiet_until, routed
from tests.remediations.notices import FILLING, MENDED, NEEDS_YOU, OVER

CHANNELS = ("teams", "payments", "email", "desk")
DESKS = ("desk",)
ROUTES = """
version: 1
notices:
  routes:
    - channels: [payments]
      registries: ["contoso*"]
      causes: [locked]
    - channels: [teams, email]
      severities: [urgent, warning]
    - channels: [email]
      outcomes: [over]
"""
POLICY = parse_policy(ROUTES, "policy.yaml").notices
LOCKED = replace(MENDED, kind=Kind.MENDED, cause=CauseName.LOCKED)


def told(notice: Notice, notices: Notices = POLICY) -> tuple[str, ...]:
    return routed(notice, notices, CHANNELS, DESKS)


def test_without_routes_everybody_is_told_of_everything() -> None:
    assert told(MENDED, Notices()) == CHANNELS


@pytest.mark.parametrize(
    ("notice", "channels"),
    [
        (LOCKED, ("payments", "desk")),
        (replace(LOCKED, incident="fabrikam-1a2b3c4d5e6f-1"), CHANNELS),
        (replace(LOCKED, severity=Severity.URGENT), ("payments", "teams", "email", "desk")),
        (NEEDS_YOU, ("teams", "email", "desk")),
        (replace(OVER, kind=Kind.OVER), ("email", "desk")),
    ],
)
def test_a_notice_goes_to_every_channel_of_every_route_that_it_fits_and_else_everywhere(
    notice: Notice, channels: tuple[str, ...]
) -> None:
    assert told(notice) == channels


def test_a_desk_that_a_route_names_gets_only_what_fits_that_route() -> None:
    only = parse_policy(
        "version: 1\nnotices: {routes: [{channels: [teams]}, {channels: [desk], severities: [urgent]}]}", "p"
    ).notices
    assert (told(FILLING, only), told(NEEDS_YOU, only)) == (("teams",), ("teams", "desk"))


NIGHT = QuietHours(begin="22:00", end="07:00", zone="Europe/Berlin")
NOON = QuietHours(begin="12:00", end="13:00")


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, datetime(2026, 3, 1, 20, 59, tzinfo=UTC), None),
        (NIGHT, datetime(2026, 3, 1, 21, 0, tzinfo=UTC), datetime(2026, 3, 2, 6, 0, tzinfo=UTC)),
        (NIGHT, datetime(2026, 3, 2, 5, 59, tzinfo=UTC), datetime(2026, 3, 2, 6, 0, tzinfo=UTC)),
        (NIGHT, datetime(2026, 3, 2, 6, 0, tzinfo=UTC), None),
        (NIGHT, datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        (NOON, datetime(2026, 3, 1, 12, 30, tzinfo=UTC), datetime(2026, 3, 1, 13, 0, tzinfo=UTC)),
        (NOON, datetime(2026, 3, 1, 13, 0, tzinfo=UTC), None),
        (None, datetime(2026, 3, 1, 23, 0, tzinfo=UTC), None),
    ],
)
def test_quiet_hours_are_those_of_the_zone(
    hours: QuietHours | None, now: datetime, until: datetime | None
) -> None:
    assert quiet_until(hours, now) == until


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_quiet_hours_end_within_a_day(now: datetime) -> None:
    until = quiet_until(NIGHT, now)
    assert until is None or now < until < now + timedelta(hours=11)


def test_what_is_urgent_waits_neither_for_the_morning_nor_for_a_digest() -> None:
    night = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    quiet = Notices(quiet_hours=NIGHT)
    assert held(NEEDS_YOU, quiet, night, lately=60) is None
    assert held(MENDED, quiet, night, lately=0) == Held(datetime(2026, 3, 2, 6, tzinfo=UTC), "quiet hours")


@pytest.mark.parametrize(("lately", "waits"), [(9, False), (10, True)])
def test_above_a_rate_notices_wait_for_the_digest_of_the_hour(lately: int, *, waits: bool) -> None:
    now = datetime(2026, 3, 1, 12, 7, 3, tzinfo=UTC)
    wait = Held(datetime(2026, 3, 1, 13, tzinfo=UTC), "there were 10 within an hour")
    assert held(MENDED, Notices(), now, lately) == (wait if waits else None)
