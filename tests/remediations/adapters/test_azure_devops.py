"""The ticket desk Azure DevOps on loopback: one work item for each key, and every message on it once."""

from collections.abc import Iterator

import pytest
from azure.core.exceptions import ClientAuthenticationError
from msgspec.structs import replace

from remediations.adapters.azure_devops import AzureDevOps
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure
from remediations.tickets import Ticket, Tickets
from tests.local_azure import LocalAzure, cut_after, cut_before, cut_within, html, retry_after, status
from tests.local_azure.faults import Effect
from tests.memory import Clock, MemoryTable
from tests.remediations.notices import MENDED, NEEDS_YOU

FIRST = "59803838-8697-5ae5-9f76-9ad62750857f"
SECOND = "0a1b2c3d-8697-5ae5-9f76-9ad62750857f"
LATER = replace(NEEDS_YOU, step="outcome-1", title="the repair was refused", quoted="")


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


def ticketing(desk: AzureDevOps) -> Tickets:
    return Tickets(desk, MemoryTable(Ticket), Clock())


@pytest.fixture
def desk(azure: LocalAzure) -> Tickets:
    return ticketing(
        AzureDevOps(azure.devops_url, "Ops Team", azure.credential(), ca_bundle=azure.ca_certificate)
    )


def link(azure: LocalAzure, number: int) -> str:
    return f"{azure.devops_url}/Ops%20Team/_workitems/edit/{number}"


def test_a_notice_becomes_one_work_item(azure: LocalAzure, desk: Tickets) -> None:
    assert desk.send(FIRST, NEEDS_YOU) == Accepted(link(azure, 1))
    (item,) = azure.work_items
    assert item.project == "Ops Team"
    assert item.fields["System.WorkItemType"] == "Issue"
    assert item.fields["System.Title"] == NEEDS_YOU.title
    assert item.fields["System.Tags"] == f"push-medic; {NEEDS_YOU.ticket_key}"
    description = item.fields["System.Description"]
    assert description.startswith("<p><i>Needs you now</i></p><p>Found: 203.0.113.77 is in none")
    assert "<tr><td>Registry</td><td>contosoacr.azurecr.io</td></tr>" in description
    assert FIRST in description


def test_a_token_of_a_person_will_do_too(azure: LocalAzure) -> None:
    by_pat = AzureDevOps(azure.devops_url, "Ops", azure.devops_pat, ca_bundle=azure.ca_certificate)
    assert isinstance(ticketing(by_pat).send(FIRST, NEEDS_YOU), Accepted)


def test_a_project_gets_the_fields_and_the_type_that_it_wants(azure: LocalAzure) -> None:
    particular = AzureDevOps(
        azure.devops_url,
        "Ops",
        azure.devops_pat,
        work_item_type="Product Backlog Item",
        fields={"System.AreaPath": "Ops\\Registries"},
        ca_bundle=azure.ca_certificate,
    )
    ticketing(particular).send(FIRST, NEEDS_YOU)
    fields = azure.work_items[0].fields
    assert (fields["System.WorkItemType"], fields["System.AreaPath"]) == (
        "Product Backlog Item",
        "Ops\\Registries",
    )


def test_a_later_notice_of_the_same_key_is_a_comment(azure: LocalAzure, desk: Tickets) -> None:
    desk.send(FIRST, NEEDS_YOU)
    assert desk.send(SECOND, LATER) == Accepted(link(azure, 1))
    (item,) = azure.work_items
    (comment,) = item.comments
    assert comment.startswith("<p><b>the repair was refused</b></p>")
    assert SECOND in item.fields["System.Description"]


def test_the_same_message_again_changes_nothing(azure: LocalAzure, desk: Tickets) -> None:
    for message, notice in ((FIRST, NEEDS_YOU), (FIRST, NEEDS_YOU), (SECOND, LATER), (SECOND, LATER)):
        assert desk.send(message, notice) == Accepted(link(azure, 1))
    (item,) = azure.work_items
    assert (len(item.comments), item.rev) == (1, 2)


def test_another_key_is_another_work_item_even_if_it_begins_the_same(
    azure: LocalAzure, desk: Tickets
) -> None:
    desk.send(FIRST, NEEDS_YOU)
    other = replace(NEEDS_YOU, ticket_key=f"{NEEDS_YOU.ticket_key}0")
    assert desk.send(SECOND, other) == Accepted(link(azure, 2))


def test_a_work_item_that_a_search_brings_by_a_part_of_its_tag_is_not_ours(
    azure: LocalAzure, desk: Tickets
) -> None:
    desk.send(FIRST, replace(NEEDS_YOU, ticket_key=f"{NEEDS_YOU.ticket_key}0"))
    azure.faults.add(effect=status(200, '{"workItems":[{"id":1}]}'), path="/wiql")
    assert desk.send(SECOND, NEEDS_YOU) == Accepted(link(azure, 2))
    assert azure.work_items[0].comments == []


@pytest.mark.parametrize("state", ["Closed", "Done", "Removed"])
def test_a_work_item_that_people_have_closed_is_left_alone(
    azure: LocalAzure, desk: Tickets, state: str
) -> None:
    desk.send(FIRST, NEEDS_YOU)
    azure.work_items[0].fields["System.State"] = state
    assert desk.send(SECOND, LATER) == Accepted(link(azure, 2))


def test_what_a_client_said_is_text_and_not_html(azure: LocalAzure, desk: Tickets) -> None:
    hostile = replace(
        NEEDS_YOU,
        title="<b>x</b>",
        paragraphs=("<img src=x>",),
        facts=(("<i>", "<a href='x'>"),),
        quoted="</pre><script>alert(1)</script>\u202e",
    )
    desk.send(FIRST, hostile)
    description = azure.work_items[0].fields["System.Description"]
    assert not any(tag in description for tag in ("<img", "<script", "<a ", "\u202e"))
    assert "&lt;script&gt;" in description


@pytest.mark.parametrize("key", [None, "", "x' OR 1=1", "a;b", "x" * 200])
def test_a_key_that_could_not_be_a_tag_is_no_ticket(
    azure: LocalAzure, desk: Tickets, key: str | None
) -> None:
    assert desk.send(FIRST, replace(MENDED, ticket_key=key)) == Dead(
        "the notice has no ticket key that a desk could carry"
    )
    assert azure.requests == []


@pytest.mark.parametrize("effect", [cut_after(), cut_within()])
def test_a_lost_answer_to_a_creation_is_settled_by_looking(
    azure: LocalAzure, desk: Tickets, effect: Effect
) -> None:
    azure.faults.add(effect=effect, path=r"/workitems/\$")
    assert desk.send(FIRST, NEEDS_YOU) == Accepted(link(azure, 1))
    assert len(azure.work_items) == 1


def test_a_creation_that_was_not_carried_out_is_for_later_and_not_tried_blindly(azure: LocalAzure) -> None:
    clock = Clock()
    ops = AzureDevOps(azure.devops_url, "Ops Team", azure.devops_pat, ca_bundle=azure.ca_certificate)
    desk = Tickets(ops, MemoryTable(Ticket), clock)
    fault = azure.faults.add(effect=cut_before(), path=r"/workitems/\$", times=None)
    assert desk.send(FIRST, NEEDS_YOU) == Later(60, "its answer was lost, and the ticket is not there yet")
    assert fault.hits == 1
    azure.faults.clear()
    clock.advance(50)
    assert desk.send(FIRST, NEEDS_YOU) == Later(30, "the ticket may be there and not be found yet")
    clock.advance(30)
    assert desk.send(FIRST, NEEDS_YOU) == Accepted(link(azure, 1))


@pytest.mark.parametrize("effect", [cut_after(), cut_within()])
def test_a_lost_answer_to_a_comment_is_settled_by_looking(
    azure: LocalAzure, desk: Tickets, effect: Effect
) -> None:
    desk.send(FIRST, NEEDS_YOU)
    azure.faults.add(effect=effect, method="PATCH")
    assert isinstance(desk.send(SECOND, LATER), Unsure)
    assert desk.send(SECOND, LATER) == Accepted(link(azure, 1))
    assert len(azure.work_items[0].comments) == 1


@pytest.mark.parametrize(
    ("effect", "delivery"),
    [
        (retry_after(90), Later(90, "it answered 429 (Too Many Requests)")),
        (html(503), Later(60, "it answered 503 (Service Unavailable)")),
        (html(203), Dead("it wants somebody to sign in: it does not know our credential")),
        (
            status(302, headers={"Location": "https://spsprodweu1.vssps.visualstudio.com/_signin"}),
            Dead("it wants somebody to sign in: it does not know our credential"),
        ),
        (status(401), Dead("it answered 401 (Unauthorized)")),
        (status(404), Dead("it answered 404 (Not Found)")),
    ],
)
@pytest.mark.parametrize("path", [r"/wiql", r"/workitems/\$"])
def test_an_answer_means_what_it_means_for_the_message(
    azure: LocalAzure, desk: Tickets, path: str, effect: Effect, delivery: Delivery
) -> None:
    azure.faults.add(effect=effect, path=path)
    assert desk.send(FIRST, NEEDS_YOU) == delivery
    assert azure.work_items == []


def test_a_work_item_that_somebody_is_changing_is_for_later(azure: LocalAzure, desk: Tickets) -> None:
    desk.send(FIRST, NEEDS_YOU)
    azure.faults.add(effect=status(412), method="PATCH")
    assert desk.send(SECOND, LATER) == Later(30, "somebody was changing the work item")


def test_an_identity_that_gets_no_token_is_for_later(azure: LocalAzure) -> None:
    class NoToken:
        def get_token(self, *_: str, **__: object) -> None:
            raise ClientAuthenticationError("secret")

    tickets = AzureDevOps(azure.devops_url, "Ops", NoToken())  # type: ignore[arg-type]
    assert ticketing(tickets).send(FIRST, NEEDS_YOU) == Later(
        30, "no token could be had for it (ClientAuthenticationError)"
    )
