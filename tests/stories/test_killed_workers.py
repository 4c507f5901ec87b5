"""The worker's process is killed, for real, at each step around a write; another one sees through what was begun."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

import composition
import parts
from checks.incident import State
from tests.host.azurite import ROOT
from tests.host.grpchost import GrpcHost
from tests.host.minihost import MiniHost
from tests.host.worker import WorkerDied
from tests.installation import PERMISSIVE, Installation, applied, emptied, environment
from tests.local_azure import LocalAzure, Registry
from tests.worlds import in_pairs

NEVER = 0
# Before the write is sent, and right after Azure has carried it out.
AROUND = (0, 1)

type Step = Callable[[Installation], None]


@dataclass(frozen=True)
class Told:
    """What a story came to, which is the same whoever dies in it."""

    writes: tuple[object, ...]
    cards: tuple[str, ...]
    states: tuple[State, ...]
    open_changes: int
    whole: bool


def locked_tag(azure: LocalAzure, contoso: Registry) -> Iterator[Step]:
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    azure.take_events()
    assert azure.push(contoso, "team/app", "v1", b"new").status == 405
    rows = [body.encode() for body in azure.take_hub_bodies()]
    yield lambda bot: _streamed(bot, rows)
    yield Installation.work
    assert azure.push(contoso, "team/app", "v1", b"new").succeeded
    events = [event.as_event_grid() for event in azure.take_events()]
    yield lambda bot: _delivered(bot, events)
    yield Installation.work


def denied_address(azure: LocalAzure, contoso: Registry) -> Iterator[Step]:
    contoso.default_action, contoso.ip_rules = "Deny", ["20.50.1.1"]
    refused = azure.push(contoso, "team/app", "v1")
    text, server = refused.text, contoso.login_server
    yield lambda bot: _reported(bot, azure.client_address, text, server)
    yield Installation.work
    assert azure.push(contoso, "team/app", "v1").succeeded
    time.sleep(1.1)
    yield lambda bot: bot.host.tick("sweep")
    yield Installation.work


def _streamed(bot: Installation, rows: list[bytes]) -> None:
    bot.host.stream("diagnostic_logs", rows)


def _delivered(bot: Installation, events: Sequence[object]) -> None:
    bot.host.deliver("registry_events", events)


def _reported(bot: Installation, sent_from: str, text: str, server: str) -> None:
    bot.report(sent_from, text=text, registry=server)


STORIES = {"a locked tag": locked_tag, "a denied address": denied_address}


@contextmanager
def worker(at: int, log: Path) -> Iterator[GrpcHost]:
    mortal = {"MORTAL_AT": str(at), "MORTAL_LOG": str(log)}
    with GrpcHost(ROOT, mortal, program="tests.host.mortalworker") as host:
        yield host


def told(story: str, at: int, azurite: str, folder: Path) -> tuple[Told, list[str], int]:
    """The story with a worker that is killed before its `at`th call; what it came to, its calls, the deaths."""
    log, policy, deaths = folder / f"calls-{at}", folder / "policy.yaml", 0
    policy.write_text(PERMISSIVE.replace("lasts: 8h", "lasts: 1s"))
    log.touch()
    emptied(azurite)
    with LocalAzure() as azure:
        contoso = azure.add_registry("contoso")
        trust = {"REQUESTS_CA_BUNDLE": azure.ca_certificate, "SSL_CERT_FILE": azure.ca_certificate}
        with applied(environment(azure, azurite, policy) | trust):
            steps = STORIES[story](azure, contoso)
            with worker(at, log) as host:
                bot = Installation(azure, MiniHost(host, azurite))
                for step in steps:
                    try:
                        step(bot)
                    except WorkerDied:
                        deaths += 1
                        break
            if deaths:
                with worker(NEVER, log) as host:
                    another = Installation(azure, MiniHost(host, azurite))
                    time_passes_for_the_lease()
                    step(another)
                    for later in steps:
                        later(another)
            came_to = what_it_came_to(azure)
    emptied(azurite)
    return came_to, log.read_text().splitlines(), deaths


def time_passes_for_the_lease() -> None:
    """Nobody renews what the dead worker held; a minute and a half passes for it and for nothing else."""
    leases = composition.build().medic.leases._table
    for key, row in leases.rows("lease"):
        past = replace(row.value, until=parts.now() - timedelta(seconds=1))
        assert leases.replace("lease", key, past, row.version)


def what_it_came_to(azure: LocalAzure) -> Told:
    app = composition.build()
    incidents = tuple(app.incidents.of("contoso"))
    journals = {incident.id: app.journal.read(incident.id) for incident in incidents}
    return Told(
        writes=tuple(str(call.json) for call in azure.writes()),
        cards=tuple(sorted(card["body"][0]["items"][0]["text"] for card in azure.teams_cards)),
        states=tuple(incident.state for incident in incidents),
        open_changes=sum(one.open for one in app.ledger.of("contoso")),
        whole=all(
            in_pairs(record.entry for record in records) and app.journal.broken_at(incident) is None
            for incident, records in journals.items()
        ),
    )


@pytest.mark.parametrize("story", STORIES)
def test_a_worker_that_is_killed_around_a_write_leaves_nothing_undone_and_nothing_twice(
    story: str, azurite: str, tmp_path: Path
) -> None:
    calm, calls, deaths = told(story, NEVER, azurite, tmp_path)
    assert deaths == 0
    assert (len(calm.writes), calm.states, calm.open_changes, calm.whole) == (2, (State.CLOSED,), 0, True)
    writes = [number for number, call in enumerate(calls, start=1) if call.startswith("PATCH")]
    for write in [
        number for number in writes if "registries" in calls[number - 1] or "/acr/" in calls[number - 1]
    ]:
        for step in AROUND:
            killed, _, deaths = told(story, write + step, azurite, tmp_path)
            at = f"killed before call {write + step}: {calls[write + step - 1]}"
            assert deaths == 1, at
            assert killed == calm, at
