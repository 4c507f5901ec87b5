"""A ticket at Microsoft, which alone can raise a registry's storage limit: asked for by a person, and by nobody else.

The bot has no right to open one and no code of its triggers leads here. A person asks on the command line, with the
rights of that person's own Azure login, sees what would be sent, and says yes. The ticket's name is the same for a
registry and a month, so whoever asks twice finds the first.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

import msgspec

from checks.evidence import Unreadable, Usage
from checks.incident import Incident
from checks.model import FullStorage, Registry, Value
from remediations.approvals import Person
from remediations.journal import Story
from remediations.model import Answered, Told
from remediations.plain import one_line
from remediations.ports import NoAnswer, Unsure

_TEBIBYTE: Final = 1024**4
# Below this nobody would raise a limit.
_LEAST_PERCENT: Final = 50
# What the classification of such a request is called, in any order.
_ABOUT_LIMITS: Final = re.compile(r"quota|limit|storage|capacity", re.IGNORECASE)
_ENOUGH: Final = re.compile(r"pro\w*\s?direct|premier|unified", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s<>,;]{1,64}@[A-Za-z0-9.-]{1,190}")
_COUNTRY: Final = re.compile(r"[A-Z]{3}")
PLAN_NEEDED: Final = "a Professional Direct, Premier or Unified support plan"
ROLE_NEEDED: Final = "the role Support Request Contributor on the subscription"
ACTION: Final = "Microsoft.Support/supportTickets/write"


class Contact(Value, frozen=True):
    """Whom Microsoft answers. `country` has three letters."""

    first_name: str
    last_name: str
    email: str
    country: str


class Request(Value, frozen=True):
    """What would be asked. `name` is a name for exactly this registry and month."""

    name: str
    resource_id: str
    title: str
    description: str
    contact: Contact

    @property
    def subscription(self) -> str:
        return self.resource_id.split("/")[2]

    @property
    def digest(self) -> str:
        """What the person who agrees has seen."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Case(Value, frozen=True):
    """A ticket at Microsoft."""

    id: str
    status: str


class Topic(Value, frozen=True):
    """What a ticket may be about: a problem classification of the service."""

    id: str
    title: str


class Support(Protocol):
    """Microsoft's support for one subscription, as one person."""

    def case(self, name: str) -> Case | NoAnswer | None:
        """The ticket of that name, or None where there is none."""

    def plan(self) -> str | NoAnswer | None:
        """The support plan, as the latest ticket shows it; None where there never was one."""

    def may_open(self) -> bool | NoAnswer:
        """Whether this person may open tickets."""

    def topics(self) -> tuple[Topic, ...] | NoAnswer:
        """What a ticket about a registry may be about."""

    def open(self, request: Request, topic: Topic) -> Case | NoAnswer: ...


class Ready(Value, frozen=True):
    """All is there to open the ticket, once a person says yes."""

    request: Request
    topic: Topic
    plan: str | None


class NotReady(Value, frozen=True):
    """Why the ticket cannot be opened, and what could be done."""

    why: str


def request(
    incident: Incident, registry: Registry, usage: Usage | Unreadable, contact: Contact, now: datetime
) -> Request | NotReady:
    """What would be asked about the registry, if its storage is a reason to ask."""
    if not _EMAIL.fullmatch(contact.email):
        return NotReady("the contact's address is none")
    if not _COUNTRY.fullmatch(contact.country):
        return NotReady("the contact's country is no code of three letters, such as DEU or USA")
    if isinstance(usage, Unreadable):
        return NotReady(f"the registry's storage could not be read: {usage.why}")
    full = FullStorage(used=usage.used, ceiling=usage.ceiling, ceiling_is=usage.ceiling_from)
    if full.percent < _LEAST_PERCENT:
        return NotReady(f"{registry.name} uses {full.percent} % of its ceiling: there is nothing to ask for")
    numbers = f"{usage.used / _TEBIBYTE:.1f} TiB of {usage.ceiling / _TEBIBYTE:.1f} TiB"
    return Request(
        name=f"push-medic-{registry.name}-{now:%Y-%m}",
        resource_id=registry.resource_id,
        title=f"Raise the storage limit of the container registry {registry.name}",
        description=(
            f"The container registry {registry.login_server} uses {numbers} ({full.percent} %; the ceiling is "
            f"{usage.ceiling_from}). Please raise its storage limit.\n"
            f"Resource: {registry.resource_id}\nOur reference: {incident.id}"
        ),
        contact=contact,
    )


def prepare(desk: Support, asked: Request, topic: str = "") -> Ready | Case | NotReady:
    """Whether the ticket could be opened. Only reads. `topic` is the id of the topic that a person has chosen."""
    known = desk.case(asked.name)
    if isinstance(known, Case):
        return known
    if known is not None:
        return NotReady(f"Microsoft's support could not be asked: {known.why}. It takes {ROLE_NEEDED}")
    allowed = desk.may_open()
    if allowed is False:
        return NotReady(f"you may not open tickets: that takes {ROLE_NEEDED} ({ACTION})")
    plan = desk.plan()
    if isinstance(plan, str) and not _ENOUGH.search(plan):
        return NotReady(
            f"the subscription has the plan {one_line(plan)}, and opening tickets takes {PLAN_NEEDED}. "
            "Ask in the portal instead, under Help + support"
        )
    topics = desk.topics()
    if not isinstance(topics, tuple):
        return NotReady(f"what tickets may be about could not be read: {topics.why}")
    about = [one for one in topics if (one.id == topic if topic else _ABOUT_LIMITS.search(one.title))]
    if len(about) != 1:
        every = "\n".join(f"  {one.id}  {one_line(one.title)}" for one in topics)
        return NotReady(f"choose what the ticket is about, with --topic ID:\n{every}")
    return Ready(request=asked, topic=about[0], plan=plan if isinstance(plan, str) else None)


def ask(desk: Support, ready: Ready, by: Person, story: Story, now: datetime) -> Case | NoAnswer:
    """Open the ticket that a person agreed to. That it was agreed to is written down before, what came of it after."""
    asked = ready.request
    agreed = Answered(
        approval=asked.name,
        plan=asked.digest,
        answer="approved",
        by=str(by),
        via="command line",
        why="",
        at=now,
    )
    story.write(f"support/{asked.name}/approved", agreed)
    came = desk.open(asked, ready.topic)
    if isinstance(came, Unsure):
        # It may be there, and is never asked for a second time without a look.
        found = desk.case(asked.name)
        came = found if isinstance(found, Case) else came
    if isinstance(came, Case):
        result = f"accepted: ticket {came.id} at Microsoft is {came.status}"
    else:
        result = f"not opened: {came.why}"
    story.write(
        f"support/{asked.name}/opened", Told(message=asked.name, channel="azure_support", result=result)
    )
    return came


def as_text(ready: Ready) -> Iterator[str]:
    """What a person is asked to agree to, whole."""
    asked, contact = ready.request, ready.request.contact
    plan = ready.plan or f"not known before the first ticket; it must be {PLAN_NEEDED}"
    yield "This would be sent to Microsoft, in your name:"
    yield ""
    yield f"  Ticket        {asked.name}"
    yield f"  Subscription  {asked.subscription}"
    yield f"  Support plan  {one_line(plan)}"
    yield f"  About         {one_line(ready.topic.title)}"
    yield "  Severity      minimal"
    yield f"  Contact       {contact.first_name} {contact.last_name} <{contact.email}>, {contact.country}"
    yield f"  Title         {asked.title}"
    yield from (f"                {line}" for line in asked.description.splitlines())
