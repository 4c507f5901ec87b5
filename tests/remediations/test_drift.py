"""Who changed a registry before it failed, and that the bot does not blame others for what it did itself."""

import threading
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.intake.event_grid import RegistryWritten
from checks.model import Symptom
from remediations.drift import Drift, Writes
from tests.memory import START, MemoryTable
from tests.worlds import BOT, PIPELINE, Bot, push_refused

MINUTE = timedelta(minutes=1)
PERSON = "44444444-4444-4444-4444-000000000002"
PORTAL = "44444444-4444-4444-4444-000000000001"


def written(minutes: float = -4, *, by: str = PERSON, app: str = PORTAL, event: str = "") -> RegistryWritten:
    at = START + minutes * MINUTE
    return RegistryWritten("contoso", by=by, app=app, at=at, event_id=event or f"{by}{minutes}")


def drift(*news: RegistryWritten, own: str = BOT) -> Drift:
    kept = Drift(MemoryTable(Writes), own)
    for one in news:
        kept.keep(one)
    return kept


def test_the_last_change_before_a_failure_is_remembered_with_who_made_it() -> None:
    found = drift(written(-60), written(-4), written(3)).before("contoso", START)
    assert found is not None
    assert (found.by, found.at) == (PERSON, START - 4 * MINUTE)
    assert str(found) == f"{PERSON}, with the application {PORTAL}"


@pytest.mark.parametrize("minutes", [3, 24 * -60 - 1])
def test_a_change_after_it_or_more_than_a_day_before_has_nothing_to_do_with_it(minutes: int) -> None:
    assert drift(written(minutes)).before("contoso", START) is None


def test_a_change_of_another_registry_has_nothing_to_do_with_it() -> None:
    assert drift(replace(written(), registry="fabrikam")).before("contoso", START) is None


@pytest.mark.parametrize("own", [{"app": BOT}, {"by": BOT}, {"app": BOT.upper()}])
def test_what_the_bot_wrote_itself_is_blamed_on_nobody(own: dict[str, str]) -> None:
    ours = replace(written(), **own)
    assert drift(ours).before("contoso", START) is None
    before = drift(written(-9), ours).before("contoso", START)
    assert before is not None
    assert before.at == START - 9 * MINUTE


def test_a_bot_without_an_identity_of_its_own_takes_no_change_for_its_own() -> None:
    assert drift(written(app=""), own="").before("contoso", START) is not None


def test_the_same_event_twice_is_one_change_and_order_does_not_matter() -> None:
    kept = drift(written(-1, event="b"), written(-4, event="a"), written(-9, event="b"))
    found = kept.before("contoso", START)
    assert found is not None
    assert found.at == START - MINUTE


def test_only_the_latest_changes_are_kept() -> None:
    table = MemoryTable(Writes)
    kept = Drift(table, BOT)
    for number in range(50):
        kept.keep(written(-number))
    [(_, row)] = table.rows("contoso")
    assert [write.at for write in row.value.latest] == [START - n * MINUTE for n in range(19, -1, -1)]


def test_however_often_the_bot_writes_what_others_changed_is_remembered() -> None:
    busy = [written(-n, app=BOT) for n in range(60, 0, -1)]
    found = drift(written(-90), *busy).before("contoso", START)
    assert found is not None
    assert found.at == START - 90 * MINUTE


def test_no_change_is_lost_where_two_come_at_once() -> None:
    kept = drift()
    threads = [threading.Thread(target=kept.keep, args=[written(-n, event=f"{n}")]) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kept.before("contoso", START - n * MINUTE) for n in range(10)].count(None) == 0


def told(bot: Bot) -> dict[str, str]:
    bot.work()
    [notice] = bot.people.notices
    return dict(notice.facts)


def test_people_are_told_who_changed_the_settings_before_the_first_denial() -> None:
    bot = Bot()
    bot.drift.keep(written(-4))
    bot.registry.deny()
    bot.denied()
    assert told(bot)["Settings changed"] == (
        f"by {PERSON}, with the application {PORTAL}, 4 min before the first failure"
    )


def test_people_are_told_so_where_the_bot_leaves_it_to_them_too() -> None:
    bot = Bot()
    bot.drift.keep(written(-150, app=""))
    bot.report(push_refused(START, symptom=Symptom.UNAUTHORIZED, identity=PIPELINE))
    assert told(bot)["Settings changed"] == f"by {PERSON}, 2 h before the first failure"


def test_a_filling_registry_is_nobodys_change() -> None:
    bot = Bot()
    bot.drift.keep(written(-4))
    bot.report(replace(push_refused(START), symptom=Symptom.STORAGE_FILLING, image=None, band=80))
    assert "Settings changed" not in told(bot)
