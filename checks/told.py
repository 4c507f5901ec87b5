"""What the checks have in common that go by what the signals themselves say: a client's text, or a row's status."""

from checks.evidence import Challenge, Evidence, RegistrySettings, Resolution, Unreadable, Way
from checks.frame import Subject
from checks.model import Answer, Cause, CauseName, Cleared, Culprit
from checks.unread import unread


def told_answer(
    subject: Subject,
    settings: RegistrySettings | Unreadable,
    cause: CauseName,
    culprit: Culprit,
    saw: str,
    *,
    advice: str = "",
) -> Answer:
    """The cause if it is the one that the signals name. What they name is certain whatever could be read besides.

    Where they name none and the registry could not be looked at either, nothing is certain.
    """
    if subject.said is cause:
        return Cause(name=cause, culprit=culprit, saw=saw, advice=advice)
    if subject.said is not None:
        return Cleared(saw=f"the signals say {subject.said.value.replace('_', ' ')}")
    if isinstance(settings, Unreadable):
        return unread("no signal names a cause, and settings", settings)
    return Cleared(saw="no signal says so")


def who(subject: Subject) -> str:
    """Whom the signals saw refused, as far as they know."""
    if subject.identity:
        return f"identity {subject.identity}"
    return ", ".join(str(caller) for caller in subject.callers) or "the client"


def besides(evidence: Evidence) -> str:
    """What else is known of a registry that a client cannot reach: whether it has a public door, and who else can.

    Where the bot gets there from its own network, the trouble is the client's network alone.
    """
    return _private(evidence.settings) + _from_here(evidence)


def _private(settings: RegistrySettings | Unreadable) -> str:
    if isinstance(settings, RegistrySettings) and not settings.public_network_access:
        return "; it takes no public traffic, so its name must lead to a private endpoint"
    return ""


def _from_here(evidence: Evidence) -> str:
    if not isinstance(evidence.resolution, Resolution):
        return ""
    obstacle = Way(evidence.resolution, evidence.contact, evidence.handshake).obstacle
    if obstacle:
        return f"; the bot does not get there from its own network either ({obstacle})"
    if isinstance(evidence.challenge, Challenge) and evidence.challenge.by_registry:
        return "; from the bot's own network, DNS, TCP, TLS and /v2/ of the login server answer"
    return ""
