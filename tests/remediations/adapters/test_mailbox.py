"""The ticket desk that is a mailbox, through both ways to send mail."""

from pathlib import Path

from azure.core.credentials import AzureKeyCredential

from remediations.adapters.email_acs import AcsEmail
from remediations.adapters.email_smtp import SmtpEmail
from remediations.adapters.mailbox import Mailbox
from remediations.ports import Accepted
from remediations.tickets import Ticket, Tickets
from tests.local_azure import LocalAzure
from tests.memory import Clock, MemoryTable
from tests.remediations.adapters.relay import relay
from tests.remediations.notices import NEEDS_YOU

ID = "59803838-8697-5ae5-9f76-9ad62750857f"
SENDER = "push-medic@notify.contoso.com"
DESK = ("tickets@contoso.com",)


def ticketing(desk: Mailbox) -> Tickets:
    return Tickets(desk, MemoryTable(Ticket), Clock())


def test_a_ticket_is_a_mail_with_its_key_in_the_subject(tmp_path: Path) -> None:
    with relay(tmp_path) as there:
        desk = ticketing(Mailbox(SmtpEmail("127.0.0.1", there.port, SENDER, DESK)))
        assert desk.send(ID, NEEDS_YOU) == Accepted(ID)
    assert str(there.taken[0]["Subject"]).endswith(f"[{NEEDS_YOU.ticket_key}]")
    assert there.envelopes[0].rcpt_tos == list(DESK)


def test_the_desk_may_be_sent_to_again_just_as_the_mail_under_it() -> None:
    with LocalAzure() as azure:
        acs = AcsEmail(
            azure.acs_url,
            AzureKeyCredential(azure.acs_key),
            SENDER,
            DESK,
            ca_bundle=azure.ca_certificate,
        )
        desk = ticketing(Mailbox(acs))
        assert [desk.send(ID, NEEDS_YOU), desk.send(ID, NEEDS_YOU)] == [Accepted(ID), Accepted(ID)]
        assert len(azure.mails) == 1
    assert desk.repeatable
    assert not Mailbox(SmtpEmail("127.0.0.1", 25, SENDER, DESK)).repeatable
