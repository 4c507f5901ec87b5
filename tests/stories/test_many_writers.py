"""Ten workers and a person at one registry's list of rules: nothing is lost and nothing written twice."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

import composition
import parts
from checks.incident import Incident, State
from remediations.lease import Holding
from remediations.model import Stage
from remediations.ports import Table
from tests.installation import PERMISSIVE, WRITER, Installation
from tests.local_azure import (
    LocalAzure,
    Registry,
    answer_late,
    cut_after,
    cut_before,
    cut_within,
    html,
    retry_after,
    status,
)
from tests.worlds import address_denied

ADDRESSES = [f"52.138.231.{number}" for number in range(1, 11)]
PERSON = [f"20.50.1.{number}" for number in range(1, 6)]
THERE = "20.50.1.100"
UNHURRIED = "brakes: {storm: {changes: 1000}, open_changes: 200}\n"
PATIENCE = 180.0


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(PERMISSIVE + UNHURRIED)
    return file


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    return azure.add_registry("contoso", default_action="Deny", ip_rules=[THERE])


def nothing(_: LocalAzure) -> None:
    """All is well."""


def asked_to_come_again(azure: LocalAzure) -> None:
    azure.faults.add(effect=status(409), method="PATCH")
    azure.faults.add(effect=retry_after(1), method="PATCH")


def a_bad_gateway_before_and_after_it_acted(azure: LocalAzure) -> None:
    azure.faults.add(effect=html(502), method="PATCH")
    azure.faults.add(effect=cut_within(), method="PATCH")


def cut_before_and_after_it_acted(azure: LocalAzure) -> None:
    azure.faults.add(effect=cut_before(), method="PATCH")
    azure.faults.add(effect=cut_after(), method="PATCH")


def slow(azure: LocalAzure) -> None:
    azure.faults.add(effect=answer_late(1.5), times=2, method="PATCH")


@contextmanager
def a_person_at_the_same_list(azure: LocalAzure, contoso: Registry) -> Iterator[None]:
    """Somebody adds rules by hand, one after the other, while the bot is at it.

    Azure knows no ETag here: what two send in the same instant, the later one wins. So the person's hand is kept
    off the list between the last look of a write and that write, which for the bot is one round trip.
    """
    over = threading.Event()

    def edit() -> None:
        left = list(PERSON)
        while left and not over.wait(0.02):
            with azure.lock:
                ours = [call for call in azure.requests if call.identity == WRITER]
                if not ours or ours[-1].method != "GET":
                    contoso.ip_rules.append(left.pop(0))

    person = threading.Thread(target=edit)
    person.start()
    try:
        yield
        person.join(PATIENCE)
    finally:
        over.set()
        person.join()


def see_through(incident: Incident) -> None:
    """One worker with connections of its own, given the same work until it is done."""
    app = composition.build()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(Exception):
            app.carry_out(b'{"command":"respond","incident":"%s"}' % incident.id.encode())
        row = app.incidents.find(incident.id)
        if row and row.value.state is not State.OPEN:
            return
        time.sleep(0.3)


def denied(bot: Installation) -> list[Incident]:
    app = bot.app
    now = parts.now()
    signals = [address_denied(now, id=address, address=address) for address in ADDRESSES]
    return [app.incidents.report([signal])[0] for signal in signals]


def added(azure: LocalAzure) -> list[str]:
    """What each write that was carried out brought, beside what had been there."""
    seen, new = {THERE, *PERSON}, []
    for call in azure.writes():
        rules = {rule["value"] for rule in call.json["properties"]["networkRuleSet"]["ipRules"]}
        new += sorted(rules - seen)
        seen |= rules
    return new


@pytest.mark.parametrize(
    "weather",
    [
        nothing,
        asked_to_come_again,
        a_bad_gateway_before_and_after_it_acted,
        cut_before_and_after_it_acted,
        slow,
    ],
)
def test_ten_workers_and_a_person_at_one_list_end_with_every_rule_each_written_once(
    azure: LocalAzure, contoso: Registry, bot: Installation, weather: Callable[[LocalAzure], None]
) -> None:
    weather(azure)
    incidents = denied(bot)
    with a_person_at_the_same_list(azure, contoso), ThreadPoolExecutor(10) as workers:
        list(workers.map(see_through, incidents))
    assert sorted(contoso.ip_rules) == sorted([THERE, *PERSON, *ADDRESSES])
    assert sorted(added(azure)) == sorted(ADDRESSES)
    assert len(azure.writes()) == len(ADDRESSES)
    app = bot.app
    assert {one.state for one in app.incidents.of("contoso")} == {State.MENDED}
    for incident in incidents:
        assert app.journal.broken_at(incident.id) is None
    held = [str(one.change) for one in app.ledger.of("contoso") if one.stage is Stage.VERIFIED]
    assert sorted(held) == sorted(f"add network rule {address}" for address in ADDRESSES)


def test_a_lease_that_expires_in_mid_write_loses_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    """The write is with Azure when its lease runs out, and the next worker begins before the answer is there."""
    first, second = denied(bot)[:2]
    azure.faults.add(effect=answer_late(2), method="PATCH")
    with ThreadPoolExecutor(2) as workers:
        slow_one = workers.submit(see_through, first)
        while not azure.writes():
            time.sleep(0.02)
            assert not slow_one.done()
        run_out(bot.app.medic.leases._table)
        workers.submit(see_through, second).result()
        slow_one.result()
    assert sorted(contoso.ip_rules) == sorted([THERE, *ADDRESSES[:2]])
    assert sorted(added(azure)) == sorted(ADDRESSES[:2])
    assert len(azure.writes()) == 2


def run_out(leases: Table[Holding]) -> None:
    """Time passes for a lease, and for nothing else."""
    [(key, row)] = leases.rows("lease")
    past = replace(row.value, until=parts.now() - timedelta(seconds=1))
    assert leases.replace("lease", key, past, row.version)


def test_at_the_quota_not_one_rule_too_many_is_written_whoever_comes(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.ip_rule_quota = 6
    incidents = denied(bot)
    with ThreadPoolExecutor(10) as workers:
        list(workers.map(see_through, incidents))
    assert len(contoso.ip_rules) == 6
    assert len(azure.writes()) == 5
    refused = [call for call in azure.requests if call.method == "PATCH" and call.status == 400]
    assert refused == []
    states = [one.state for one in bot.app.incidents.of("contoso")]
    assert sorted(states) == [State.MENDED] * 5 + [State.WITH_PEOPLE] * 5
    # Whoever found the registry held asked to be called again.
    bot.host.drain(most=5000)
    assert (
        sum("no room for another network rule" in item.fields["System.Title"] for item in azure.work_items)
        == 5
    )


def test_many_rules_whose_time_is_up_leave_in_one_write(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 8h", "lasts: 1s"))
    for incident in denied(bot):
        bot.app.carry_out(b'{"command":"respond","incident":"%s"}' % incident.id.encode())
    assert len(contoso.ip_rules) == 11
    before = len(azure.writes())
    time.sleep(1.1)
    bot.host.tick("sweep")
    bot.work()
    assert contoso.ip_rules == [THERE]
    assert len(azure.writes()) == before + 1
    assert {one.stage for one in bot.app.ledger.of("contoso")} == {Stage.UNDONE}
