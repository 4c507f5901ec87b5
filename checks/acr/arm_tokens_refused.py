"""Tokens for Resource Manager, which the registry may be told not to take."""

from checks.evidence import Evidence, Login, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RefusedIdentity, Symptom
from checks.unread import unread

_UNAUTHORIZED = 401


@check(
    CauseName.AUTHENTICATION_FAILED,
    explains=(Symptom.UNAUTHORIZED,),
    needs="profile",
    code="CONNECTIVITY_REFRESH_TOKEN_ERROR",
)
def arm_tokens_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The registry takes no token that was issued for Resource Manager.

    With `azureADAuthenticationAsArmPolicy` disabled, only tokens for `https://containerregistry.azure.net` are
    exchanged. Clients that bring another one, such as old versions of the Azure CLI and of the SDKs, are refused with
    `token validation failed`.
    Look: `az acr config authentication-as-arm show --registry REGISTRY`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm
    """
    del subject
    profile, login = evidence.profile, evidence.login
    if not isinstance(profile, Profile):
        return unread("the policy on tokens for Resource Manager", profile)
    if profile.arm_tokens:
        return Cleared(saw="tokens for Resource Manager are taken")
    if isinstance(login, Login) and login.arm_token and login.exchange == _UNAUTHORIZED:
        return Cause(
            name=CauseName.AUTHENTICATION_FAILED,
            culprit=RefusedIdentity(login.identity),
            saw="the exchange of a token for Resource Manager was refused, and such tokens are not taken",
            advice=_ADVICE,
        )
    return Cleared(saw="tokens for Resource Manager are not taken", advice=_ADVICE)


_ADVICE = (
    "Clients must ask for a token for https://containerregistry.azure.net; a current Azure CLI does "
    "(`az acr login`), an old one does not."
)
