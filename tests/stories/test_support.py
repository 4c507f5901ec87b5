"""A full registry, and a person who asks Microsoft for room: nobody else can, and nothing is asked without a yes."""

import json
import re

import pytest
from msgspec.structs import replace

import medic
from remediations.adapters.azure_support import AzureSupport
from remediations.approvals import Person
from remediations.journal import Journal
from remediations.model import Answered, Record, Told
from remediations.ports import Dead, Unsure
from remediations.support import Case, Contact, NotReady, Ready, Request, ask, prepare
from tests.infra.deployment import INFRA
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry, cut_after, status
from tests.local_azure.support import SERVICE
from tests.memory import START, Clock, MemoryTable
from tests.worlds import CONTOSO

PERSON = ["--first-name", "Ann", "--last-name", "Lee", "--email", "ann@contoso.com", "--country", "DEU"]
ASKED = Request(
    name="push-medic-contoso-2026-03",
    resource_id=CONTOSO.resource_id,
    title="Raise the storage limit",
    description="It is full.",
    contact=Contact("Ann", "Lee", "ann@contoso.com", "DEU"),
)
SELF = "77777777-0000-0000-0000-000000000001"


@pytest.fixture
def full(azure: LocalAzure, contoso: Registry, bot: Installation) -> str:
    """The incident of a registry that is nearly full."""
    contoso.fill_to(0.97)
    bot.host.tick("storage_watch")
    bot.work()
    (incident,) = bot.app.incidents.of("contoso")
    azure.search_lag = 0
    return incident.id


def opened(azure: LocalAzure) -> list[str]:
    return [ticket.fields["name"] for ticket in azure.tickets["support"]]


def test_without_a_yes_the_whole_ticket_is_shown_and_nothing_is_sent(
    azure: LocalAzure, full: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["support", full, *PERSON]) == 0
    told = capsys.readouterr().out
    for part in (
        "Storage quota and limits",
        "Ann Lee <ann@contoso.com>, DEU",
        "TiB of 40.0 TiB",
        "Nothing was sent",
    ):
        assert part in told
    assert opened(azure) == []
    assert not [call for call in azure.requests if call.method == "PUT"]


def test_a_yes_opens_one_ticket_a_month_and_the_journal_says_who_agreed(
    azure: LocalAzure, full: str, bot: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["support", full, *PERSON, "--yes"]) == 0
    assert medic.main(["support", full, *PERSON, "--yes"]) == 0
    assert "Microsoft has the ticket already" in capsys.readouterr().out
    (ticket,) = azure.tickets["support"]
    assert re.fullmatch(r"push-medic-contoso-\d{4}-\d{2}", ticket.fields["name"])
    assert (ticket.fields["severity"], ticket.fields["advancedDiagnosticConsent"]) == ("minimal", "No")
    entries = [record.entry for record in bot.journal(full)]
    assert [entry.answer for entry in entries if isinstance(entry, Answered)] == ["approved"]
    told = [entry.result for entry in entries if isinstance(entry, Told) and entry.channel == "azure_support"]
    assert told == ["accepted: ticket 119100000000001 at Microsoft is open"]


def test_an_incident_that_is_not_there_and_a_registry_with_room_are_no_reason(
    azure: LocalAzure, contoso: Registry, full: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["support", "contoso-000000000000-1", *PERSON, "--yes"]) == 1
    contoso.fill_to(0.1)
    assert medic.main(["support", full, *PERSON, "--yes"]) == 1
    assert "there is nothing to ask for" in capsys.readouterr().err
    assert opened(azure) == []


def test_the_bot_has_no_right_to_open_a_ticket_at_microsoft() -> None:
    assert not [file for file in INFRA.glob("*.bicep") if "Microsoft.Support" in file.read_text()]


# The desk itself, without an installation.


def support(azure: LocalAzure) -> AzureSupport:
    return AzureSupport(
        azure.credential(SELF),
        azure.arm_url,
        ASKED.subscription,
        patience=0,
        looks_every=0.01,
        ca_bundle=azure.ca_certificate,
    )


def test_a_person_without_the_role_is_told_which_one_is_missing(azure: LocalAzure) -> None:
    azure.rights[SELF] = {"*/read"}
    assert prepare(support(azure), ASKED) == NotReady(
        "you may not open tickets: that takes the role Support Request Contributor on the subscription "
        "(Microsoft.Support/supportTickets/write)"
    )


def test_a_plan_that_an_earlier_ticket_shows_to_be_too_small_is_explained(azure: LocalAzure) -> None:
    ready = prepare(support(azure), ASKED)
    assert isinstance(ready, Ready)
    support(azure).open(ASKED, ready.topic)
    azure.support_plan = "Developer"
    came = prepare(support(azure), replace(ASKED, name="push-medic-contoso-2026-04"))
    assert isinstance(came, NotReady)
    assert "has the plan Developer, and opening tickets takes a Professional Direct" in came.why


def test_a_plan_that_nobody_could_know_is_refused_by_azure_with_its_own_code(azure: LocalAzure) -> None:
    azure.support_plan = "Basic"
    ready = prepare(support(azure), ASKED)
    assert isinstance(ready, Ready)
    assert ready.plan is None
    assert support(azure).open(ASKED, ready.topic) == Dead("Azure answered 403 SupportPlanNotEligible")


def test_where_the_topic_is_not_plain_a_person_chooses(azure: LocalAzure) -> None:
    a, b = (f"{SERVICE}/problemClassifications/{letter}" for letter in "ab")
    named = [
        {"id": a, "properties": {"displayName": "Limits"}},
        {"id": b, "properties": {"displayName": "Quota"}},
    ]
    topics = json.dumps({"value": named})
    azure.faults.add(effect=status(200, topics), path="/problemClassifications", times=None)
    came = prepare(support(azure), ASKED)
    assert came == NotReady(f"choose what the ticket is about, with --topic ID:\n  {a}  Limits\n  {b}  Quota")
    chosen = prepare(support(azure), ASKED, b)
    assert isinstance(chosen, Ready)
    assert chosen.topic.id == b


@pytest.mark.parametrize("lag", [0, 1e9])
def test_a_reply_that_is_lost_is_settled_by_looking_and_never_by_asking_again(
    azure: LocalAzure, lag: float
) -> None:
    azure.search_lag = lag
    azure.faults.add(effect=cut_after(), method="PUT")
    journal = Journal(MemoryTable(Record), Clock())
    desk = support(azure)
    ready = prepare(desk, ASKED)
    assert isinstance(ready, Ready)
    came = ask(desk, ready, Person("ann"), journal.of("contoso-1a2b3c4d5e6f-1"), START)
    assert isinstance(came, Case if lag == 0 else Unsure)
    assert len([call for call in azure.requests if call.method == "PUT"]) == 1
    assert opened(azure) == [ASKED.name]


def test_a_name_that_is_taken_is_never_written_to(azure: LocalAzure) -> None:
    desk = support(azure)
    ready = prepare(desk, ASKED)
    assert isinstance(ready, Ready)
    desk.open(ASKED, ready.topic)
    azure.search_lag = 1e9
    assert desk.open(ASKED, ready.topic) == Dead(f"a ticket of the name {ASKED.name} was there before")
    assert len([call for call in azure.requests if call.method == "PUT"]) == 1
