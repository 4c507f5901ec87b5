"""The exchange of an Entra token for one of the registry."""

from checks.evidence import Evidence, Login, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RefusedIdentity, Symptom
from checks.roles import least_role_to_push
from checks.unread import unread

_GOOD, _TOO_MANY = 200, 429


@check(
    CauseName.AUTHENTICATION_FAILED,
    explains=(Symptom.UNAUTHORIZED,),
    needs="login",
    code="CONNECTIVITY_REFRESH_TOKEN_ERROR",
)
def login_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The registry gives this identity no refresh token.

    The Entra token has expired, is of another tenant than the registry, or its identity has no role at all on
    the registry.
    Look: `az acr login --name REGISTRY --expose-token`, `az account show --query tenantId`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-login
    """
    del subject
    login = evidence.login
    if not isinstance(login, Login):
        return unread("what becomes of a login", login)
    if login.exchange == _GOOD:
        return Cleared(saw=f"{login.identity} is given a refresh token")
    if login.exchange == _TOO_MANY:
        return Cleared(saw="the exchange was throttled, not refused")
    profile = evidence.profile if isinstance(evidence.profile, Profile) else None
    if login.arm_token and profile and not profile.arm_tokens:
        return Cleared(saw="the token was one for Resource Manager, and such tokens are not taken here")
    role = least_role_to_push(abac=profile.abac if profile else None)
    return Cause(
        name=CauseName.AUTHENTICATION_FAILED,
        culprit=RefusedIdentity(login.identity),
        saw=f"the exchange of {login.identity}'s token was answered with {login.exchange} {login.detail}".rstrip(),
        advice="Log in again (`az login --tenant TENANT`) in the tenant of the registry; if that is so already, give "
        f"the identity a role on the registry. The least with which it can push: {role}.",
    )
