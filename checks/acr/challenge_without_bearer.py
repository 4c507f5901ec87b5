"""A challenge that takes no token."""

from checks.evidence import Challenge, Evidence, NoAnswer
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself
from checks.unread import unread

_UNAUTHORIZED = 401


@check(CauseName.AUTHENTICATION_REQUIRED, explains=(), needs="challenge", code="CONNECTIVITY_AAD_LOGIN_ERROR")
def challenge_without_bearer(subject: Subject, evidence: Evidence) -> Answer:
    """The registry does not take logins with Entra ID.

    Its challenge names no bearer realm. Where it asks for `basic`, only a user name and a password are taken: the
    admin user's. Where it asks for nothing that a registry asks for, something else stands in front of it.
    Look: `az acr check-health --name REGISTRY --yes`, `az acr credential show --name REGISTRY`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.challenge:
        case Challenge(status=status, scheme=scheme, realm=realm) if (
            status != _UNAUTHORIZED or not scheme or realm
        ):
            return Cleared(saw=f"GET /v2/ is answered with {status}" + (f" and {scheme}" if scheme else ""))
        case Challenge(scheme=scheme):
            return Cause(
                name=CauseName.AUTHENTICATION_REQUIRED,
                culprit=RegistryItself(),
                saw=f"the challenge asks for {scheme}, and names no bearer realm",
                advice=_BY_NAME if scheme == "basic" else _IN_FRONT,
            )
        case NoAnswer():
            return Cleared(saw="nobody answered GET /v2/")
        case missing:
            return unread("the challenge of the login server", missing)


_IN_FRONT = "Find out what stands in front of the registry: what asks there is not it."
_BY_NAME = (
    "If nothing stands in front of the registry, log in with a password: `az acr credential show --name REGISTRY` has "
    "the admin user's, where that is switched on."
)
