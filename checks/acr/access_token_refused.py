"""The access token, which every call to a repository needs."""

from checks.evidence import Evidence, Login
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RefusedIdentity, Symptom
from checks.unread import unread

_GOOD, _TOO_MANY = 200, 429


@check(
    CauseName.AUTHENTICATION_REQUIRED,
    explains=(Symptom.UNAUTHORIZED,),
    needs="login",
    code="CONNECTIVITY_ACCESS_TOKEN_ERROR",
)
def access_token_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The registry gives no access token for a refresh token of its own.

    A login lasts three hours, and ends at once when the registry's role assignment mode is changed. A registry
    in good health answers with a token even where nothing is permitted.
    Look: `az acr login --name REGISTRY`, then push again.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    login = evidence.login
    if not isinstance(login, Login):
        return unread("what becomes of a login", login)
    match login.token:
        case None:
            return Cleared(saw="no access token was asked for, because the exchange had failed")
        case 200:
            return Cleared(saw=f"{login.identity} is given an access token")
        case 429:
            return Cleared(saw="the request for an access token was throttled, not refused")
        case status:
            return Cause(
                name=CauseName.AUTHENTICATION_REQUIRED,
                culprit=RefusedIdentity(login.identity),
                saw=f"the access token was answered with {status} {login.detail}".rstrip(),
            )
