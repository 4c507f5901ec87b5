"""What every ticket desk owes, at each of them on loopback: one ticket for one key, whatever goes wrong meanwhile."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import pytest
from azure.core.credentials import AzureKeyCredential
from msgspec.structs import replace

from remediations.adapters.azure_devops import AzureDevOps
from remediations.adapters.email_acs import AcsEmail
from remediations.adapters.github_issues import GitHubIssues
from remediations.adapters.jira import Jira
from remediations.adapters.mailbox import Mailbox
from remediations.adapters.pagerduty import PagerDuty
from remediations.adapters.servicenow import ServiceNow
from remediations.model import Notice, Severity, TicketStep
from remediations.ports import Accepted, Dead, Delivery, Desk, Later, Unsure
from remediations.tickets import Ticket, Tickets
from tests.local_azure import LocalAzure, cut_after, cut_before, cut_within, html, retry_after, status
from tests.local_azure.faults import Effect
from tests.memory import Clock, Crash, Fuse, MemoryTable
from tests.remediations.notices import NEEDS_YOU

FIRST: Final = "59803838-8697-5ae5-9f76-9ad62750857f"
SECOND: Final = "0a1b2c3d-8697-5ae5-9f76-9ad62750857f"
LAST: Final = "ffffffff-8697-5ae5-9f76-9ad62750857f"
WORSE: Final = replace(NEEDS_YOU, step="outcome-1", title="the repair was refused", quoted="")
OVER: Final = replace(
    WORSE, step="final", title="It is over", severity=Severity.GOOD, ticket_step=TicketStep.RESOLVE
)
AGAIN: Final = replace(NEEDS_YOU, incident="contosoacr-9f8e7d6c5b4a-3", title="it failed once more")
# No wait that is asked for in these tests is longer, but for the hour of a rate limit.
A_WHILE: Final = 130


class Shown(NamedTuple):
    """A ticket, as whoever works at the desk sees it."""

    open: bool
    told: list[str]


@dataclass(frozen=True)
class At:
    """A desk, what is there, and which calls write to it."""

    desk: Callable[[LocalAzure], Desk]
    tickets: Callable[[LocalAzure], list[Shown]]
    creation: str
    comment: str
    by: str = "POST"
    comment_by: str = "POST"
    # A mailbox and a pager cannot be looked into.
    searched: bool = True
    resolves: bool = True


def devops(azure: LocalAzure) -> Desk:
    return AzureDevOps(azure.devops_url, "Ops", azure.devops_pat, ca_bundle=azure.ca_certificate)


def servicenow(azure: LocalAzure) -> Desk:
    return ServiceNow(azure.desks_url, azure.desk_user, azure.desk_secret, ca_bundle=azure.ca_certificate)


def jira(azure: LocalAzure) -> Desk:
    return Jira(azure.desks_url, "OPS", azure.desk_user, azure.desk_secret, ca_bundle=azure.ca_certificate)


def github(azure: LocalAzure) -> Desk:
    return GitHubIssues("contoso/ops", azure.desk_secret, url=azure.desks_url, ca_bundle=azure.ca_certificate)


def pagerduty(azure: LocalAzure) -> Desk:
    return PagerDuty(azure.pagerduty_key, url=azure.desks_url, ca_bundle=azure.ca_certificate)


def mailbox(azure: LocalAzure) -> Desk:
    key = AzureKeyCredential(azure.acs_key)
    sender = "push-medic@notify.contoso.com"
    return Mailbox(
        AcsEmail(azure.acs_url, key, sender, ("desk@contoso.com",), ca_bundle=azure.ca_certificate)
    )


def work_items(azure: LocalAzure) -> list[Shown]:
    return [
        Shown(
            one.fields["System.State"] == "To Do",
            [f"{one.fields['System.Title']}\n{one.fields['System.Description']}", *one.comments],
        )
        for one in azure.work_items
    ]


def kept(name: str, *fields: str) -> Callable[[LocalAzure], list[Shown]]:
    """The tickets that the desk of that name keeps, with the texts in these fields of theirs."""

    def shown(azure: LocalAzure) -> list[Shown]:
        return [
            Shown(
                one.open,
                [
                    "\n".join(_text(one.fields[field]) for field in fields),
                    *(_text(comment) for comment in one.comments),
                ][not fields :],
            )
            for one in azure.tickets[name]
        ]

    return shown


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def threads(azure: LocalAzure) -> list[Shown]:
    """Mails by the key in their subject, of which such a desk makes a ticket."""
    by_key: dict[str, list[str]] = {}
    for mail in azure.mails:
        content = mail.message["content"]
        key = re.search(r"\[([^\[\]]*)\]$", content["subject"])
        assert key is not None
        by_key.setdefault(key[1], []).append(f"{content['subject']}\n{content['plainText']}")
    return [Shown(open=True, told=told) for told in by_key.values()]


DESKS: Final = {
    "azure_devops": At(devops, work_items, r"/workitems/\$", r"/workitems/\d+$", comment_by="PATCH"),
    "servicenow": At(
        servicenow,
        kept("servicenow", "short_description", "description"),
        r"/incident$",
        r"/incident/\w+$",
        comment_by="PATCH",
    ),
    "jira": At(jira, kept("jira", "summary", "description"), r"/issue$", r"/comment$"),
    "github": At(github, kept("github", "title", "body"), r"/issues$", r"/comments$"),
    "pagerduty": At(pagerduty, kept("pagerduty"), r"/v2/enqueue", r"/v2/enqueue", searched=False),
    "mailbox": At(mailbox, threads, "/emails:send", "/emails:send", searched=False, resolves=False),
}
SEARCHED: Final = [name for name, at in DESKS.items() if at.searched]


class Office:
    """One desk and the bot's workers in front of it, who share a table and a clock."""

    def __init__(self, azure: LocalAzure, name: str) -> None:
        self.azure = azure
        self.at = DESKS[name]
        self.clock = Clock()
        azure.clock = self.clock
        self.desk = self.at.desk(azure)
        self.table = MemoryTable(Ticket)
        self.worker = self.hire()

    def hire(self) -> Tickets:
        return Tickets(self.desk, self.table, self.clock)

    def send(self, message: str, notice: Notice, worker: Tickets | None = None) -> Delivery:
        """Send until it is accepted, as the outbox would; time passes between."""
        came: Delivery = Unsure("not sent yet")
        for _ in range(4):
            came = (worker or self.worker).send(message, notice)
            if not isinstance(came, Later | Unsure):
                break
            self.clock.advance(A_WHILE)
        return came

    @property
    def tickets(self) -> list[Shown]:
        return self.at.tickets(self.azure)

    def told(self, words: str) -> int:
        """How often these words stand on tickets' texts, each counted once."""
        return sum(words in text for ticket in self.tickets for text in ticket.told)


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture(params=DESKS)
def office(azure: LocalAzure, request: pytest.FixtureRequest) -> Office:
    return Office(azure, request.param)


@pytest.fixture(params=SEARCHED)
def searched(azure: LocalAzure, request: pytest.FixtureRequest) -> Office:
    return Office(azure, request.param)


def test_it_is_opened_commented_and_resolved(office: Office) -> None:
    for message, notice in ((FIRST, NEEDS_YOU), (SECOND, WORSE), (LAST, OVER)):
        assert isinstance(office.send(message, notice), Accepted)
    (ticket,) = office.tickets
    assert NEEDS_YOU.title in ticket.told[0]
    assert NEEDS_YOU.paragraphs[0] in ticket.told[0].replace("&#x27;", "'")
    assert WORSE.title in ticket.told[1]
    assert ticket.open is not office.at.resolves


def test_a_ticket_leads_to_itself(searched: Office) -> None:
    accepted = searched.send(FIRST, NEEDS_YOU)
    assert isinstance(accepted, Accepted)
    assert accepted.reference.startswith("https://")
    assert searched.send(SECOND, WORSE) == accepted


def test_two_workers_who_ask_at_once_make_one_ticket(office: Office) -> None:
    start = threading.Barrier(2)

    def work(message: str, notice: Notice) -> Delivery:
        worker = office.hire()
        start.wait()
        return worker.send(message, notice)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(work, *one) for one in ((FIRST, NEEDS_YOU), (SECOND, WORSE))]
    assert any(isinstance(one.result(), Accepted) for one in both)
    office.clock.advance(A_WHILE)
    assert isinstance(office.send(FIRST, NEEDS_YOU), Accepted)
    assert isinstance(office.send(SECOND, WORSE), Accepted)
    assert len(office.tickets) == 1


@pytest.mark.parametrize("effect", [cut_after(), cut_within()])
def test_a_reply_to_the_creation_that_is_lost_costs_no_second_ticket(office: Office, effect: Effect) -> None:
    fault = office.azure.faults.add(effect=effect, method=office.at.by, path=office.at.creation)
    assert isinstance(office.send(FIRST, NEEDS_YOU), Accepted)
    assert fault.hits == 1
    (ticket,) = office.tickets
    assert len(set(ticket.told)) == 1


def test_a_search_that_lags_behind_a_lost_reply_costs_no_second_ticket(searched: Office) -> None:
    searched.azure.search_lag = searched.desk.lag - 1
    searched.azure.faults.add(effect=cut_after(), method=searched.at.by, path=searched.at.creation)
    first = searched.worker.send(FIRST, NEEDS_YOU)
    assert isinstance(first, Later)
    assert first.seconds >= searched.desk.lag
    searched.clock.advance(searched.desk.lag / 2)
    assert isinstance(searched.worker.send(FIRST, NEEDS_YOU), Later)
    searched.clock.advance(searched.desk.lag)
    assert isinstance(searched.worker.send(FIRST, NEEDS_YOU), Accepted)
    assert isinstance(searched.worker.send(SECOND, WORSE), Accepted)
    assert [len(ticket.told) for ticket in searched.tickets] == [2]


def test_a_creation_that_never_arrived_is_made_up_for(office: Office) -> None:
    office.azure.faults.add(effect=cut_before(), method=office.at.by, path=office.at.creation)
    assert isinstance(office.send(FIRST, NEEDS_YOU), Accepted)
    assert len(office.tickets) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_wherever_a_worker_dies_there_is_one_ticket_with_each_message_once(
    office: Office, moment: str, step: int
) -> None:
    for message, notice in ((FIRST, NEEDS_YOU), (SECOND, WORSE), (LAST, OVER)):
        office.table.fuse = Fuse(before=step) if moment == "before" else Fuse(after=step)
        try:
            office.send(message, notice)
        except Crash:
            office.clock.advance(A_WHILE)
        office.table.fuse = Fuse()
        assert isinstance(office.send(message, notice), Accepted)
    (ticket,) = office.tickets
    assert len(set(ticket.told)) == len(ticket.told) or not office.at.searched
    assert sum(WORSE.title in text for text in set(ticket.told)) == 1
    assert ticket.open is not office.at.resolves


@pytest.mark.parametrize("effect", [cut_after(), cut_within(), cut_before()])
def test_a_comment_that_is_sent_again_is_there_once(searched: Office, effect: Effect) -> None:
    searched.send(FIRST, NEEDS_YOU)
    fault = searched.azure.faults.add(effect=effect, method=searched.at.comment_by, path=searched.at.comment)
    searched.send(SECOND, WORSE)
    assert fault.hits == 1
    assert isinstance(searched.send(SECOND, WORSE), Accepted)
    assert isinstance(searched.send(FIRST, NEEDS_YOU), Accepted)
    assert [len(ticket.told) for ticket in searched.tickets] == [2]


def test_it_is_resolved_once_however_often_it_is_asked_for(office: Office) -> None:
    office.send(FIRST, NEEDS_YOU)
    office.send(LAST, OVER)
    before = office.tickets
    calls = len(office.azure.requests)
    assert isinstance(office.send(LAST, OVER), Accepted)
    assert office.tickets == before
    assert len(office.azure.requests) == calls


@pytest.mark.parametrize("effect", [cut_after(), cut_within(), cut_before()])
@pytest.mark.parametrize("after", [0, 1])
def test_a_resolution_whose_reply_is_lost_is_carried_to_its_end(
    searched: Office, effect: Effect, after: int
) -> None:
    searched.send(FIRST, NEEDS_YOU)
    searched.azure.faults.add(effect=effect, method="P(OST|ATCH)", path="", after=after)
    assert isinstance(searched.send(LAST, OVER), Accepted)
    (ticket,) = searched.tickets
    assert not ticket.open
    assert sum(OVER.title in text for text in ticket.told) == 1


def test_after_its_end_the_same_trouble_is_another_ticket(office: Office) -> None:
    for message, notice in ((FIRST, NEEDS_YOU), (LAST, OVER), (SECOND, AGAIN)):
        assert isinstance(office.send(message, notice), Accepted)
    assert len(office.tickets) == 2
    assert AGAIN.title in office.tickets[1].told[0]


def test_a_ticket_for_two_incidents_that_end_elsewhere_is_resolved_with_the_last(searched: Office) -> None:
    other = replace(WORSE, incident="contosoacr-000000000000-1")
    searched.send(FIRST, NEEDS_YOU)
    searched.send(SECOND, other)
    ends = replace(OVER, ticket_key="contosoacr-9f8e7d6c5b4a")
    searched.send(LAST, ends)
    assert [ticket.open for ticket in searched.tickets] == [True]
    searched.send("eeeeeeee-8697-5ae5-9f76-9ad62750857f", replace(ends, incident=other.incident))
    assert [ticket.open for ticket in searched.tickets] == [False]


def test_what_is_told_late_of_an_incident_that_is_over_opens_nothing(office: Office) -> None:
    assert isinstance(office.send(LAST, OVER), Accepted)
    assert isinstance(office.send(FIRST, NEEDS_YOU), Accepted)
    assert office.tickets == []


def test_news_that_only_add_to_a_ticket_open_none(office: Office) -> None:
    assert isinstance(office.send(SECOND, replace(WORSE, ticket_step=TicketStep.COMMENT)), Accepted)
    assert office.tickets == []


def test_a_ticket_that_people_have_closed_is_left_alone_and_the_next_news_is_another(
    searched: Office,
) -> None:
    searched.send(FIRST, NEEDS_YOU)
    close_by_hand(searched.azure)
    assert isinstance(searched.send(SECOND, WORSE), Accepted)
    assert [(ticket.open, len(ticket.told)) for ticket in searched.tickets] == [(False, 1), (True, 1)]


def close_by_hand(azure: LocalAzure) -> None:
    for item in azure.work_items:
        item.fields["System.State"] = "Closed"
    for name in SEARCHED:
        for ticket in azure.tickets[name]:
            ticket.open = False
            ticket.fields["state"] = "7"


@pytest.mark.parametrize("code", [429, 503])
def test_a_desk_that_asks_to_wait_is_come_back_to_and_no_worker_waits(office: Office, code: int) -> None:
    office.azure.faults.add(effect=retry_after(3600, code), method=office.at.by, path=office.at.creation)
    began = time.monotonic()
    came = office.worker.send(FIRST, NEEDS_YOU)
    assert time.monotonic() - began < 2
    assert isinstance(came, Later)
    assert came.seconds == 3600
    assert office.tickets == []
    assert isinstance(office.worker.send(FIRST, NEEDS_YOU), Accepted)
    assert len(office.tickets) == 1


@pytest.mark.parametrize(
    "effect",
    [status(400), status(401), status(404), html(200), html(500), status(302), cut_before(), cut_within()],
)
def test_no_answer_and_no_failure_shows_a_secret(office: Office, effect: Effect) -> None:
    secrets = (office.azure.desk_secret, office.azure.devops_pat, office.azure.pagerduty_key)
    for secret in (*secrets, office.azure.acs_key):
        office.azure.faults.clear()
        shown = effect if not hasattr(effect, "body") else replace_body(effect, secret)
        office.azure.faults.add(effect=shown, times=None)
        came = office.worker.send(FIRST, NEEDS_YOU)
        assert isinstance(came, Dead | Later | Unsure)
        assert not any(one in repr(came) for one in (*secrets, office.azure.acs_key))


def replace_body(effect: Effect, secret: str) -> Effect:
    """The same answer, which repeats the secret as some proxies do."""
    from tests.local_azure.faults import Answer

    assert isinstance(effect, Answer)
    return Answer(effect.code, secret.encode(), effect.headers)


HOSTILE: Final = (
    "</pre><script>alert(1)</script>",
    "[click](http://evil.example) @everyone #1 ![x](http://evil.example/x.png)",
    "```\n@channel\n```",
    "' OR [System.Id] > 0 OR '' = '",
    '" OR project = SECRET OR labels = "',
    "^ORactive=true^NQactive=true",
    "[code]<img src=x onerror=alert(1)>[/code]",
    "<!-- push-medic: key=contosoacr-000000000000 -->",
    "{code} *bold* [~admin]",
    "\x1b[31m\u202egnp.exe\x00",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_client_said_is_only_text(office: Office, text: str) -> None:
    hostile = replace(
        NEEDS_YOU, title=text, paragraphs=(text,), facts=((text, text),), quoted=f"{text}\n```\n{text}"
    )
    assert isinstance(office.send(FIRST, hostile), Accepted)
    assert isinstance(office.send(SECOND, replace(hostile, step="outcome-1")), Accepted)
    assert len(office.tickets) == 1
    assert office.desk.find("contosoacr-000000000000") is None
    for told in office.tickets[0].told:
        assert not any(hidden in told for hidden in ("\x1b", "\u202e", "\x00"))


@pytest.mark.parametrize("text", HOSTILE[:2])
def test_a_desk_that_shows_html_gets_none_from_a_client(azure: LocalAzure, text: str) -> None:
    office = Office(azure, "azure_devops")
    office.send(FIRST, replace(NEEDS_YOU, title=text, quoted=text))
    office.send(SECOND, replace(WORSE, title=text, quoted=text))
    item = azure.work_items[0]
    for told in (item.fields["System.Description"], *item.comments):
        assert "<script" not in told


def test_a_journal_that_shows_code_as_html_gets_none(azure: LocalAzure) -> None:
    office = Office(azure, "servicenow")
    office.send(FIRST, replace(NEEDS_YOU, quoted="[code]<b>x</b>[/CODE]"))
    assert "(code)<b>x</b>(/CODE)" in office.tickets[0].told[0]


def test_on_github_all_that_a_client_said_is_in_a_block_that_it_cannot_end(azure: LocalAzure) -> None:
    office = Office(azure, "github")
    office.send(FIRST, replace(NEEDS_YOU, quoted="````\n@everyone\n````"))
    body = str(azure.tickets["github"][0].fields["body"])
    fence, rest = body.split("text\n", 1)
    assert fence == "`" * 5
    said, outside = rest.split(f"\n{fence}\n")
    assert "@everyone" in said
    assert outside.splitlines() == [
        f"<!-- push-medic: Push Medic, message {FIRST} -->",
        f"<!-- push-medic: key={NEEDS_YOU.ticket_key} -->",
    ]


def test_a_client_cannot_say_that_a_message_is_on_the_ticket_already(searched: Office) -> None:
    forged = f"Push Medic, message {SECOND}\n<!-- push-medic: Push Medic, message {SECOND} -->"
    searched.send(FIRST, replace(NEEDS_YOU, quoted=forged, paragraphs=(forged,)))
    searched.send(SECOND, WORSE)
    assert [len(ticket.told) for ticket in searched.tickets] == [2]


@pytest.mark.parametrize(
    "key", [None, "", "x' OR 1=1", 'x" OR labels = "y', "a^ORactive=true", "a;b", "a b", "x" * 200, "[x]"]
)
def test_a_key_that_is_more_than_a_name_is_no_ticket_and_nothing_is_asked(
    office: Office, key: str | None
) -> None:
    assert office.send(FIRST, replace(NEEDS_YOU, ticket_key=key)) == Dead(
        "the notice has no ticket key that a desk could carry"
    )
    assert office.azure.requests == []


def test_the_search_of_jira_that_is_gone_is_never_asked(azure: LocalAzure) -> None:
    office = Office(azure, "jira")
    office.send(FIRST, NEEDS_YOU)
    paths = {call.path for call in azure.requests}
    assert "/rest/api/3/search/jql" in paths
    assert "/rest/api/3/search" not in paths


def test_the_search_of_github_that_lags_for_ever_is_never_asked(azure: LocalAzure) -> None:
    office = Office(azure, "github")
    office.send(FIRST, NEEDS_YOU)
    assert all("/search/" not in call.path for call in azure.requests)


def test_the_limits_of_github_that_answer_403_are_waited_for(azure: LocalAzure) -> None:
    office = Office(azure, "github")
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 900)}
    for headers, least in (({"Retry-After": "70"}, 70), (spent, 880)):
        azure.faults.add(effect=status(403, headers=headers))
        came = office.worker.send(FIRST, NEEDS_YOU)
        assert isinstance(came, Later)
        assert least <= came.seconds <= 900
    azure.faults.add(effect=status(403))
    assert office.worker.send(FIRST, NEEDS_YOU) == Dead("it answered 403 (Forbidden)")


def test_what_got_better_pages_nobody(azure: LocalAzure) -> None:
    office = Office(azure, "pagerduty")
    office.send(FIRST, NEEDS_YOU)
    better = replace(WORSE, severity=Severity.GOOD, ticket_step=TicketStep.COMMENT)
    assert isinstance(office.send(SECOND, better), Accepted)
    assert [len(alert.comments) for alert in azure.tickets["pagerduty"]] == [1]


def test_a_routing_key_that_is_none_is_not_even_sent(azure: LocalAzure) -> None:
    desk = PagerDuty("@Microsoft.KeyVault(SecretUri=x)", url=azure.desks_url, ca_bundle=azure.ca_certificate)
    came = Tickets(desk, MemoryTable(Ticket), Clock()).send(FIRST, NEEDS_YOU)
    assert came == Dead("its routing key is not one of 32 letters and digits")
    assert azure.requests == []


def test_an_issue_that_no_transition_ends_is_said_to_be_so(azure: LocalAzure) -> None:
    office = Office(azure, "jira")
    office.send(FIRST, NEEDS_YOU)
    azure.faults.add(effect=status(200, '{"transitions":[]}'), path="/transitions")
    assert office.send(LAST, OVER) == Dead(
        "no transition of the issue that our user may make leads to a status that means done"
    )
    assert isinstance(office.send(SECOND, AGAIN), Accepted)
    assert [ticket.open for ticket in office.tickets] == [True, True]


def test_a_resolution_that_was_given_up_does_not_keep_the_next_trouble_from_its_ticket(
    searched: Office,
) -> None:
    searched.send(FIRST, NEEDS_YOU)
    fault = searched.azure.faults.add(effect=retry_after(3600), times=None)
    assert isinstance(searched.worker.send(LAST, OVER), Later)
    searched.azure.faults.remove(fault)
    assert isinstance(searched.worker.send(SECOND, AGAIN), Later)
    searched.clock.advance(5 * 3600)
    assert isinstance(searched.worker.send(SECOND, AGAIN), Accepted)
    assert len(searched.tickets) == 2


def test_tickets_that_are_long_over_are_forgotten(office: Office) -> None:
    office.send(FIRST, NEEDS_YOU)
    office.worker.prune()
    office.send(LAST, OVER)
    office.clock.advance(91 * 24 * 3600)
    office.worker.prune()
    names = (office.worker.name, f"{office.worker.name}-over")
    assert [tuple(office.table.rows(name)) for name in names] == [(), ()]
