"""The proxy on the way, which does not let the registry be reached."""

from checks.evidence import Challenge, Contact, End, Evidence
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread

_FAULT = 500


@check(
    CauseName.PROXY_ERROR,
    explains=(Symptom.UNREACHABLE,),
    needs="contact",
    code="CONNECTIVITY_CHALLENGE_ERROR",
)
def proxy_refuses(subject: Subject, evidence: Evidence) -> Answer:
    """A proxy stands between this machine and the registry, and does not let it through.

    It answers the CONNECT with an error, or it answers `/v2/` itself, with a page of its own.
    Look: `az acr check-health --name REGISTRY --yes`, and HTTPS_PROXY and NO_PROXY of whatever pushes: the Docker
    daemon has settings of its own.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    contact, challenge = evidence.contact, evidence.challenge
    if not isinstance(contact, Contact):
        return unread("the way to the login server", contact)
    if contact.end is End.PROXY:
        return Cause(
            name=CauseName.PROXY_ERROR,
            culprit=Place(kind="proxy", name=contact.proxy or contact.address),
            saw=f"the proxy {contact.proxy} did not connect to {contact.host}: {contact.detail}",
        )
    if isinstance(challenge, Challenge) and not challenge.by_registry and challenge.status < _FAULT:
        return Cause(
            name=CauseName.PROXY_ERROR,
            culprit=Place(kind="proxy", name=contact.proxy or contact.address),
            saw=f"GET /v2/ was answered with {challenge.status}, and not by a registry",
        )
    return Cleared(saw=f"the proxy {contact.proxy} lets it pass" if contact.proxy else "there is no proxy")
