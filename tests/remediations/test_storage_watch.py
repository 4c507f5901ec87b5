"""A registry that fills up is told of when a band is reached for two days, and is over when it was for a week."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.model import Source, Symptom
from remediations.model import Notice, Severity
from remediations.policy import StorageBands
from remediations.storage_watch import watch_storage
from tests.memory import Crash
from tests.worlds import FORBIDDEN, TEBIBYTE, Bot, permissive

DAY = timedelta(days=1)


def looked(bot: Bot, percent: float) -> None:
    """The watch looks, and its work is done."""
    bot.registry.used = replace(bot.registry.used, used=int(percent * TEBIBYTE))
    assert watch_storage(bot.medic) == ()
    bot.work()


def day_by_day(bot: Bot, percents: Sequence[float]) -> None:
    """Each of these is a day, on which the watch looks twice."""
    for percent in percents:
        looked(bot, percent)
        bot.clock.advance(timedelta(hours=6))
        looked(bot, percent)
        bot.clock.advance(timedelta(hours=18))


def states(bot: Bot) -> dict[int | None, State]:
    return {incident.band: incident.state for incident in bot.incidents}


def titles(bot: Bot) -> list[str]:
    return [notice.title for notice in bot.people.notices]


@pytest.mark.parametrize(("percent", "band"), [(79, None), (80, 80), (89, 80), (90, 90), (94, 90)])
def test_a_band_that_was_reached_on_two_days_is_reported_for_the_highest(
    percent: int, band: int | None
) -> None:
    bot = Bot()
    day_by_day(bot, [percent])
    assert bot.incidents == ()
    looked(bot, percent)
    assert states(bot) == ({} if band is None else {band: State.WITH_PEOPLE})


@pytest.mark.parametrize("percent", [95, 100, 104])
def test_the_last_band_needs_no_second_day(percent: int) -> None:
    bot = Bot()
    looked(bot, percent)
    assert states(bot) == {95: State.WITH_PEOPLE}


def test_one_bad_figure_tells_nobody_anything() -> None:
    bot = Bot()
    day_by_day(bot, [70, 70, 93, 70, 70])
    assert bot.incidents == ()


def test_two_days_with_a_day_between_that_nobody_saw_are_not_two_days_in_a_row() -> None:
    bot = Bot()
    looked(bot, 85)
    bot.clock.advance(2 * DAY)
    looked(bot, 85)
    assert bot.incidents == ()


def test_each_band_is_told_once_however_often_it_is_looked_at() -> None:
    bot = Bot()
    day_by_day(bot, [80 + day / 10 for day in range(60)])
    assert states(bot) == {80: State.WITH_PEOPLE}
    [notice] = bot.people.notices
    assert (notice.severity, notice.ticket_key) == (Severity.WARNING, "contoso-storage")


def test_a_band_that_rises_is_told_on_the_same_ticket_and_the_last_is_urgent() -> None:
    bot = Bot()
    day_by_day(bot, [81, 81, 91, 91, 96])
    assert [(notice.title, notice.ticket_key, notice.severity) for notice in bot.people.notices] == [
        ("Storage is filling up in contoso: above 80 %", "contoso-storage", Severity.WARNING),
        ("Storage is filling up in contoso: above 90 %", "contoso-storage", Severity.WARNING),
        ("Storage is filling up in contoso: above 95 %", "contoso-storage", Severity.URGENT),
    ]


def test_a_lower_band_is_no_news_while_a_higher_one_is_open() -> None:
    bot = Bot()
    day_by_day(bot, [92, 92, 84, 84, 84])
    assert states(bot) == {90: State.WITH_PEOPLE}


def test_what_is_half_full_and_soon_full_is_told_before_any_band() -> None:
    bot = Bot()
    day_by_day(bot, [40 + day for day in range(24)])
    assert states(bot) == {50: State.WITH_PEOPLE}
    [notice] = bot.people.notices
    assert notice.title.startswith("Storage is filling up in contoso: above 50 %, full about 2026-0")
    assert notice.ticket_key == "contoso-storage"


def test_what_is_less_than_half_full_is_told_of_to_nobody_however_fast_it_grows() -> None:
    bot = Bot()
    day_by_day(bot, [20 + day for day in range(29)])
    assert bot.incidents == ()


def test_what_grows_slowly_is_told_of_by_its_bands_alone() -> None:
    bot = Bot()
    day_by_day(bot, [60 + day / 10 for day in range(60)])
    assert bot.incidents == ()


def test_it_is_over_after_a_week_below_the_band_by_a_margin_and_the_ticket_hears_of_it() -> None:
    bot = Bot()
    day_by_day(bot, [82, 82, *[76] * 9])
    assert states(bot) == {80: State.WITH_PEOPLE}
    day_by_day(bot, [74] * 6)
    assert states(bot) == {80: State.WITH_PEOPLE}
    day_by_day(bot, [74])
    assert states(bot) == {80: State.CLOSED}
    assert bot.incident.ended == "storage has been well below 80 % for a week, and is at 74 %"
    told = bot.people.notices[-1]
    assert (told.title, told.severity) == (f"It is over in contoso: {bot.incident.ended}", Severity.GOOD)
    assert (told.ticket_key, told.step) == ("contoso-storage", "final")


def test_what_has_room_again_but_will_soon_be_full_is_not_over() -> None:
    bot = Bot()
    day_by_day(bot, [88, 89, 60, *[60 + day / 2 for day in range(20)]])
    assert states(bot)[80] is State.WITH_PEOPLE


ENDS = [
    f"It is over in contoso: storage has been well below {band} % for a week, and is at 60 %"
    for band in (80, 90, 95)
]


def test_each_band_ends_once() -> None:
    bot = Bot()
    day_by_day(bot, [82, 82, 92, 92, 96, *[60] * 16])
    assert states(bot) == dict.fromkeys((80, 90, 95), State.CLOSED)
    assert sorted(titles(bot)[3:]) == ENDS


def test_whenever_a_worker_dies_it_ends_all_the_same_and_people_hear_of_it_once() -> None:
    step = 0
    died = True
    while died:
        step += 1
        bot = Bot()
        day_by_day(bot, [82, 82, 92, 92, 96, *[60] * 12])
        bot.fuse.fail(at=step)
        died = False
        try:
            looked(bot, 60)
        except Crash:
            died = True
        bot.restart(delivered_after=5)
        day_by_day(bot, [60] * 2)
        assert states(bot) == dict.fromkeys((80, 90, 95), State.CLOSED), step
        assert sorted(titles(bot)[3:]) == ENDS, step
    assert step > len(("a post", "an end", "a move"))


def test_a_higher_band_ends_while_a_lower_one_goes_on() -> None:
    bot = Bot()
    day_by_day(bot, [82, 82, 92, 92, *[82] * 8])
    assert states(bot) == {80: State.WITH_PEOPLE, 90: State.CLOSED}
    assert titles(bot)[2:] == [
        "It is over in contoso: storage has been well below 90 % for a week, and is at 82 %"
    ]


def test_what_was_soon_full_is_over_when_it_is_not_any_more() -> None:
    bot = Bot()
    day_by_day(bot, [*[40 + day for day in range(20)], *[59] * 40])
    assert states(bot) == {50: State.CLOSED}
    assert bot.incident.ended == "storage will not be full within 90 days, and is at 59 %"


def test_a_band_that_is_reached_again_is_the_next_round() -> None:
    bot = Bot()
    day_by_day(bot, [85, 85, *[60] * 16, 85, 85])
    assert (bot.incident.round, bot.incident.state) == (2, State.WITH_PEOPLE)


def notice_of_a_full_registry(bot: Bot) -> Notice:
    looked(bot, 97)
    [notice] = bot.people.notices
    return notice


def test_people_are_told_everything_that_they_decide_by() -> None:
    bot = Bot()
    today = bot.clock().date()
    bot.registry.metered = {today - ago * DAY: (97 - ago) * TEBIBYTE for ago in range(30)}
    notice = notice_of_a_full_registry(bot)
    told = dict(notice.facts)
    assert told["Used"] == "97.0 TiB of 100.0 TiB, 97 %"
    assert told["Ceiling"] == "100.0 TiB: the service's own MaximumStorageCapacity"
    assert told["Forecast"] == "Full about 2026-03-04, at 1.0 TiB a day."
    assert told["Last 30 days"].endswith("█ (68.0 TiB to 97.0 TiB)")
    assert told["Largest"] == "team/models 60.0 TiB, team/app 1.0 TiB (all 2 repositories counted)"
    assert told["Untagged"] == "300 manifests, 20.0 TiB"
    assert told["Tier"] == "Premium, soft delete off, retention off"
    assert notice.trend == tuple(range(68, 98))
    text = "\n".join(notice.paragraphs)
    assert "--filter 'team/models:.*'" in text
    assert "The bot deletes nothing." in text


def test_what_the_registry_holds_is_counted_once_a_day_and_only_where_a_band_is_reached() -> None:
    bot = Bot()
    day_by_day(bot, [70])
    before = bot.registry.surveys
    day_by_day(bot, [96, 96, 96])
    assert (before, bot.registry.surveys) == (0, 3)


def test_what_could_not_be_counted_is_said_with_the_right_that_is_missing() -> None:
    bot = Bot()
    bot.registry.unreadable["contents"] = FORBIDDEN
    told = dict(notice_of_a_full_registry(bot).facts)
    assert told["Largest"] == "could not be read: Azure answered 403; the bot lacks the.right/that/is/missing"


def test_days_before_the_bot_came_are_those_of_the_metric() -> None:
    bot = Bot()
    today = bot.clock().date()
    bot.registry.metered = {today - DAY: 85 * TEBIBYTE}
    looked(bot, 85)
    assert states(bot) == {80: State.WITH_PEOPLE}


def test_a_registry_whose_usage_cannot_be_read_is_said_to_be_unread() -> None:
    bot = Bot()
    bot.registry.unreadable["usage"] = FORBIDDEN
    [unread] = watch_storage(bot.medic)
    assert (unread.source, unread.reason) == (Source.STORAGE_WATCH, "usage_unreadable")
    assert unread.detail == "contoso: Azure answered 403"
    assert bot.incidents == ()


def test_a_metric_that_cannot_be_read_costs_only_the_days_before() -> None:
    bot = Bot()
    bot.registry.unreadable["metrics"] = FORBIDDEN
    bot.registry.used = replace(bot.registry.used, used=97 * TEBIBYTE)
    [unread] = watch_storage(bot.medic)
    assert (unread.reason, unread.detail) == ("metrics_unreadable", "contoso: Azure answered 403")
    assert list(states(bot)) == [95]


def test_the_bands_are_those_of_the_policy() -> None:
    bot = Bot(replace(permissive(), storage=StorageBands(bands=(30,))))
    looked(bot, 33)
    assert [(incident.symptom, incident.band) for incident in bot.incidents] == [
        (Symptom.STORAGE_FILLING, 30)
    ]
