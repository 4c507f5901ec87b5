"""The login server, which does not ask for a login."""

from checks.evidence import Challenge, Evidence, NoAnswer
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself, Symptom
from checks.unread import unread

_FAULT = 500


@check(
    CauseName.SERVER_ERROR,
    explains=(Symptom.UNREACHABLE, Symptom.SERVER_ERROR),
    needs="challenge",
    code="CONNECTIVITY_CHALLENGE_ERROR",
)
def challenge_missing(subject: Subject, evidence: Evidence) -> Answer:
    """The login server answers, but not with the challenge by which every login begins.

    A registry in good health answers `GET /v2/` of a stranger with 401 and a `WWW-Authenticate` header.
    A 5xx, or silence, is a fault of the service; anything else is not the registry's.
    Look: `az acr check-health --name REGISTRY --yes`, and the registry's Resource health in the portal.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.challenge:
        case Challenge(status=401, scheme=""):
            return Cause(
                name=CauseName.SERVER_ERROR,
                culprit=RegistryItself(),
                saw="GET /v2/ was answered with 401, and without a challenge",
                advice="Find out what stands in front of the registry, and takes the header WWW-Authenticate away.",
            )
        case Challenge(status=401):
            return Cleared(saw="GET /v2/ is answered with 401, as it should be")
        case Challenge(status=(403 | 429) as status):
            return Cleared(saw=f"GET /v2/ is answered with {status}, which is a refusal and no fault")
        case Challenge(status=status, by_registry=by_registry) if by_registry or status >= _FAULT:
            return Cause(
                name=CauseName.SERVER_ERROR,
                culprit=RegistryItself(),
                saw=f"GET /v2/ was answered with {status} instead of 401",
            )
        case Challenge(status=status):
            return Cleared(saw=f"what answered GET /v2/ with {status} is no registry")
        case NoAnswer(why=why):
            return Cause(
                name=CauseName.SERVER_ERROR,
                culprit=RegistryItself(),
                saw=f"TLS is spoken, and then there is {why}",
                advice=_SILENCE,
            )
        case missing:
            return unread("the answer to GET /v2/", missing)


_SILENCE = (
    "Try again in a minute. If it stays, look at the registry's Resource health in the portal; or something on the way "
    "lets TLS through and no request, as an appliance does that inspects."
)
