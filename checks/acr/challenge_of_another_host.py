"""A challenge that would have a token sent elsewhere."""

from urllib.parse import urlsplit

from checks.evidence import Challenge, Evidence, NoAnswer
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place
from checks.unread import unread

_UNAUTHORIZED = 401


@check(
    CauseName.AUTHENTICATION_REQUIRED,
    explains=(),
    needs="challenge",
    code="CONNECTIVITY_WWW_AUTHENTICATE_ERROR",
)
def challenge_of_another_host(subject: Subject, evidence: Evidence) -> Answer:
    """The challenge is not one that a registry of Azure sends.

    It must name a bearer realm at the login server itself. One that leads to another host comes from a mirror, a
    gateway or a proxy in front of the registry; no token is ever sent there.
    Look: `az acr check-health --name REGISTRY --yes`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.challenge:
        case Challenge(status=status) if status != _UNAUTHORIZED:
            return Cleared(saw=f"GET /v2/ is answered with {status}")
        case Challenge(realm=""):
            return Cleared(saw="the challenge names no realm at all")
        case Challenge(at_home=True, realm=realm):
            return Cleared(saw=f"tokens are to be had at {urlsplit(realm).netloc}")
        case Challenge(realm=realm):
            return Cause(
                name=CauseName.AUTHENTICATION_REQUIRED,
                culprit=Place(kind="realm", name=realm[:200]),
                saw=f"the challenge's bearer realm leads to {realm[:200]}, which is not the login server",
                advice="Find out what stands in front of the registry; no token was sent there.",
            )
        case NoAnswer():
            return Cleared(saw="nobody answered GET /v2/")
        case missing:
            return unread("the challenge of the login server", missing)
