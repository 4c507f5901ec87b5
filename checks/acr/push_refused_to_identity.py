"""A login that was taken, and a push that was not."""

from checks.evidence import Evidence, RegistrySettings
from checks.frame import Subject, check
from checks.model import Answer, CauseName, RefusedIdentity, Symptom
from checks.roles import least_role_to_push
from checks.told import told_answer, who


@check(CauseName.PERMISSION_DENIED, explains=(Symptom.UNAUTHORIZED,))
def push_refused_to_identity(subject: Subject, evidence: Evidence) -> Answer:
    """The client is logged in, and the registry does not let it push.

    A token is given to whoever may log in, whatever it permits; the refusal is the 401 or 403 that follows. In a
    registry in ABAC mode AcrPush counts for nothing: there it takes a role on repositories, which may be limited
    to some of them. Roles take some minutes to be seen, and tokens of before a change of mode are refused.
    Look: `az role assignment list --assignee ID --scope REGISTRY_ID --include-inherited`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
    """
    settings = evidence.settings
    where = f" to {subject.image.repository}" if subject.image else ""
    abac = isinstance(settings, RegistrySettings) and settings.abac
    mode = "; the registry is in ABAC mode, in which AcrPush counts for nothing" if abac else ""
    return told_answer(
        subject,
        settings,
        CauseName.PERMISSION_DENIED,
        RefusedIdentity(identity=subject.identity),
        f"{who(subject)} may not push{where}{mode}",
        advice=_role(subject, settings) if isinstance(settings, RegistrySettings) else _EITHER,
    )


def _role(subject: Subject, settings: RegistrySettings) -> str:
    role = least_role_to_push(abac=settings.abac)
    scope = "on the registry"
    if settings.abac and subject.image:
        scope = f"on the registry, with a condition on the repository {subject.image.repository}"
    return f"The least role that would do: {role}, {scope}. The bot gives nobody a role."


_EITHER = f"The least role that would do: {least_role_to_push(abac=None)}; its mode could not be read."
