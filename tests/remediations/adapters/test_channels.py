"""The outbox with every real channel at once, against the services on loopback."""

from collections.abc import Iterator

import pytest
from azure.core.credentials import AzureKeyCredential

from remediations.adapters.azure_devops import AzureDevOps
from remediations.adapters.email_acs import AcsEmail
from remediations.adapters.teams import Teams
from remediations.message import Message, State
from remediations.outbox import Outbox, Tried
from remediations.ports import Channel, Deliver
from remediations.tickets import Ticket, Tickets
from tests.local_azure import LocalAzure, cut_after, html, retry_after
from tests.memory import Clock, MemoryQueue, MemoryTable
from tests.remediations.notices import MENDED, NEEDS_YOU
from tests.worlds import restraint


class Office:
    """Everybody who can be told, and the outbox that tells them."""

    def __init__(self, azure: LocalAzure) -> None:
        trust = azure.ca_certificate
        self.clock = Clock()
        channels: tuple[Channel, ...] = (
            Teams(azure.teams_url, ca_bundle=trust),
            AcsEmail(
                azure.acs_url,
                AzureKeyCredential(azure.acs_key),
                "push-medic@notify.contoso.com",
                ("ops@contoso.com",),
                ca_bundle=trust,
            ),
            Tickets(
                AzureDevOps(azure.devops_url, "Ops", azure.devops_pat, ca_bundle=trust),
                MemoryTable(Ticket),
                self.clock,
            ),
        )
        self.queue = MemoryQueue(self.clock)
        by_name = {channel.name: channel for channel in channels}
        table = MemoryTable(Message)
        self.outbox = Outbox(table, self.queue, by_name, self.clock, restraint(table, self.clock))

    def work(self, *, minutes: int = 0) -> list[str]:
        """What came of every command that came due in that time."""
        told = []
        for _ in range(minutes + 1):
            for command in self.queue.take():
                assert isinstance(command, Deliver)
                came = self.outbox.deliver(command.message)
                if isinstance(came, Tried):
                    told.append(f"{came.told.channel} {came.told.result.partition(':')[0]}")
            self.clock.advance(60)
            for message in tuple(self.outbox.due(self.clock())):
                self.queue.send(Deliver(message.id))
        return told


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


def test_whoever_is_there_is_told_once(azure: LocalAzure) -> None:
    office = Office(azure)
    office.outbox.post(NEEDS_YOU)
    office.outbox.post(MENDED)
    office.outbox.post(NEEDS_YOU)
    told = office.work(minutes=5)
    assert sorted(told) == ["azure_devops accepted", *["email accepted"] * 2, *["teams accepted"] * 2]
    assert (len(azure.teams_cards), len(azure.mails), len(azure.work_items)) == (2, 2, 1)


def test_when_the_workflow_is_gone_the_mail_says_so(azure: LocalAzure) -> None:
    azure.faults.add(effect=html(404), path="/workflows/", times=None)
    office = Office(azure)
    office.outbox.post(MENDED, ("teams",))
    assert office.work(minutes=2) == ["teams dead", "email accepted"]
    text = azure.mails[0].message["content"]["plainText"]
    assert "“teams” did not take this message: it answered 404 (Not Found)." in text
    assert "Push again now." in text


def test_when_mail_is_throttled_for_an_hour_no_worker_waits_and_the_mail_still_comes(
    azure: LocalAzure,
) -> None:
    azure.faults.add(effect=retry_after(3600), path="/emails:send")
    office = Office(azure)
    office.outbox.post(MENDED, ("email",))
    assert office.work(minutes=59) == ["email later"]
    assert office.work(minutes=5) == ["email accepted"]
    assert len(azure.mails) == 1


def test_when_the_answers_are_lost_each_is_told_once_all_the_same(azure: LocalAzure) -> None:
    azure.faults.add(effect=cut_after(), path="/emails:send")
    azure.faults.add(effect=cut_after(), path=r"/workitems/\$")
    office = Office(azure)
    office.outbox.post(NEEDS_YOU, ("email", "azure_devops"))
    office.work(minutes=5)
    assert {message.state for message in office.outbox.history(NEEDS_YOU.incident)} == {State.ACCEPTED}
    assert (len(azure.mails), len(azure.work_items)) == (1, 1)
    assert azure.work_items[0].comments == []
