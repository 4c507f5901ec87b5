"""A client that did not say who it is."""

from checks.evidence import Evidence, RegistrySettings
from checks.frame import Subject, check
from checks.model import Answer, CauseName, RefusedIdentity, Symptom
from checks.roles import least_role_to_push
from checks.told import told_answer


@check(CauseName.AUTHENTICATION_REQUIRED, explains=(Symptom.UNAUTHORIZED,))
def not_logged_in(subject: Subject, evidence: Evidence) -> Answer:
    """The registry asked for a login, and the push came without one that counts.

    Nobody logged in, or under another name than the image's, or too long ago; the registry says the very same to
    an identity that is logged in and may not push. Where anonymous pull is on, pulling goes on without a login,
    and only the push is refused.
    Look: `az acr login --name REGISTRY`, and push again in the same shell.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-authentication
    """
    settings = evidence.settings
    known = settings if isinstance(settings, RegistrySettings) else None
    role = least_role_to_push(abac=known.abac if known else None)
    return told_answer(
        subject,
        settings,
        CauseName.AUTHENTICATION_REQUIRED,
        RefusedIdentity(identity=subject.identity),
        "the registry asked for a login"
        + ("; it lets anybody pull, and nobody push, without" if known and known.anonymous_pull else ""),
        advice=f"Log in right before the push. If the login succeeds, the identity lacks {role}.",
    )
