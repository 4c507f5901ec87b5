"""What the triggers hand over: incidents opened, ended, or a record of why not."""

import json

import pytest

from checks.incident import Incident, State
from checks.intake.event_grid import Event, Pushed, Uneventful
from checks.intake.reported import Explained
from checks.model import Proof, Rejection, Source
from remediations.incidents import Incidents
from remediations.reception import Reception
from remediations.rejected import Kept, Rejected
from tests.checks.intake.test_diagnostic_logs import PUSH, body
from tests.checks.intake.test_reported import DENIED, LOCKED
from tests.memory import START, MemoryTable
from tests.worlds import ADDRESS, CONTOSO, Bot

ROW = PUSH | {"resourceId": CONTOSO.resource_id.upper()}
GOOD = body(ROW)


class Desk:
    """A reception, and the bot behind it."""

    def __init__(self) -> None:
        self.bot = Bot()
        self.asked: list[str] = []
        self.rejected = Rejected(MemoryTable(Kept), self.bot.clock)
        self.reception = Reception({CONTOSO.name: CONTOSO}, self._incidents, self._rejected, self.bot.clock)

    def _incidents(self) -> Incidents:
        self.asked.append("incidents")
        return self.bot.medic.incidents

    def _rejected(self) -> Rejected:
        self.asked.append("rejected")
        return self.rejected

    @property
    def reasons(self) -> dict[str, int]:
        return {kept.rejection.reason: kept.count for kept in self.rejected.recent()}


def report(**fields: object) -> bytes:
    return json.dumps({"registry": CONTOSO.login_server, "image": "team/app:v1"} | fields).encode()


def test_a_batch_without_failures_asks_for_no_storage() -> None:
    desk = Desk()
    batch = desk.reception.rows(
        [body(ROW | {"resultDescription": "201"}, ROW | {"operationName": "Pull"})] * 50
    )
    assert (batch.uneventful, desk.asked) == (100, [])


def test_failures_become_incidents_and_rubbish_is_kept_from_the_same_batch() -> None:
    desk = Desk()
    batch = desk.reception.rows([b"<html>", GOOD, b"", body(ROW | {"category": "x"})])
    assert (len(batch.signals), len(batch.rejections)) == (1, 3)
    assert desk.bot.states == (State.OPEN,)
    assert desk.reasons == {"not_json": 1, "empty_body": 1, "unknown_category": 1}


def test_the_same_batch_twice_is_one_incident() -> None:
    desk = Desk()
    for _ in range(2):
        desk.reception.rows([GOOD])
    assert (desk.bot.incident.count, len(desk.bot.queue.commands)) == (1, 1)


def test_a_push_that_succeeded_is_handed_on() -> None:
    desk = Desk()
    data = {"target": {"repository": "team/app", "tag": "v1"}}
    event = Event("e1", CONTOSO.resource_id, "Microsoft.ContainerRegistry.ImagePushed", START, data)
    assert isinstance(desk.reception.event(event), Pushed)
    assert desk.asked == []


def test_an_event_that_is_no_news_is_kept() -> None:
    desk = Desk()
    event = Event("e1", CONTOSO.resource_id, "Microsoft.Storage.BlobCreated", START, {})
    assert isinstance(desk.reception.event(event), Rejection)
    assert desk.reasons == {"unknown_event_type": 1}


def test_an_event_that_needs_nothing_is_not_kept() -> None:
    desk = Desk()
    event = Event("e1", CONTOSO.resource_id, "Microsoft.ContainerRegistry.ImageDeleted", START, {})
    assert isinstance(desk.reception.event(event), Uneventful)
    assert desk.asked == []


def test_a_report_opens_an_incident() -> None:
    desk = Desk()
    answer = desk.reception.report(report(text=LOCKED), Source.PUSH_REPORT)
    assert isinstance(answer, Incident)
    assert answer == desk.bot.incident


def test_a_report_and_the_registrys_own_row_are_one_incident_with_the_better_proof() -> None:
    desk = Desk()
    desk.reception.report(report(text=LOCKED), Source.PUSH_REPORT)
    desk.reception.rows([GOOD])
    assert (desk.bot.incident.count, desk.bot.incident.proof) == (2, Proof.REGISTRY_LOG)


@pytest.mark.parametrize(("sent_from", "proof"), [(ADDRESS, Proof.SAME_ADDRESS), ("20.0.0.1", Proof.CLAIMED)])
def test_where_a_report_came_from_is_what_the_platform_saw(sent_from: str, proof: Proof) -> None:
    desk = Desk()
    desk.reception.report(report(text=DENIED), Source.PUSH_REPORT, sent_from)
    assert desk.bot.incident.proof is proof


def test_a_report_of_what_nobody_here_can_mend_is_explained_and_opens_nothing() -> None:
    desk = Desk()
    answer = desk.reception.report(report(text="no space left on device"), Source.PUSH_REPORT)
    assert isinstance(answer, Explained)
    assert (desk.bot.incidents, desk.reasons) == ((), {})


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (b"", "not_a_report"),
        (b"[]", "not_a_report"),
        (report(text=LOCKED, force=True), "not_a_report"),
        (report(text="x" * 1024 * 1024), "too_large"),
        (report(text=LOCKED, registry="evil.example.com"), "unknown_registry"),
        (report(text=LOCKED, image="../../x"), "illegal_name"),
    ],
)
def test_a_report_that_cannot_be_used_is_kept(whole: bytes, why: str) -> None:
    desk = Desk()
    answer = desk.reception.report(whole, Source.PUSH_REPORT)
    assert isinstance(answer, Rejection)
    assert desk.reasons == {why: 1}
    assert desk.bot.incidents == ()
