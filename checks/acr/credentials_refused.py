"""Credentials that the registry did not take."""

from checks.evidence import Evidence, RegistrySettings
from checks.frame import Subject, check
from checks.model import Answer, CauseName, RefusedIdentity, Symptom
from checks.told import told_answer, who


@check(CauseName.AUTHENTICATION_FAILED, explains=(Symptom.UNAUTHORIZED,))
def credentials_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The client showed credentials, and the registry refused them.

    A secret that has expired or was renewed, a login of more than three hours ago, a user name that is switched
    off. With `azureADAuthenticationAsArmPolicy` disabled, tokens for Resource Manager are refused too, and then
    only a client that asks for a token of `https://containerregistry.azure.net` can log in.
    Look: `az acr login --name REGISTRY --expose-token`, `az ad app credential list --id APP_ID`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-login
    """
    settings = evidence.settings
    return told_answer(
        subject,
        settings,
        CauseName.AUTHENTICATION_FAILED,
        RefusedIdentity(identity=subject.identity),
        f"the credentials of {who(subject)} were refused{_why(settings)}",
        advice="Log in again; if that is refused too, renew the secret and update whoever holds it.",
    )


def _why(settings: object) -> str:
    if not isinstance(settings, RegistrySettings):
        return ""
    arm = "" if settings.arm_tokens else "; tokens for Resource Manager are not taken here"
    admin = "" if settings.admin_user else "; the admin user is switched off"
    return arm + admin
