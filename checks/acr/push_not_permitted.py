"""What the access token permits, in a registry whose roles count for all of it."""

from collections.abc import Sequence

from checks.evidence import Evidence, Login, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RefusedIdentity, Symptom
from checks.roles import ACTIONS, grant, least_role
from checks.unread import unread


@check(
    CauseName.PERMISSION_DENIED,
    explains=(Symptom.UNAUTHORIZED,),
    needs="login",
    code="CONNECTIVITY_ACCESS_TOKEN_ERROR",
)
def push_not_permitted(subject: Subject, evidence: Evidence) -> Answer:
    """The identity may not push to the repository.

    The registry answers with an access token all the same; the refusal is that `push` is not among its actions.
    AcrPush is the least role with which a push is taken. Roles are seen by the registry some minutes after they
    were given.
    Look: `az role assignment list --assignee ID --scope REGISTRY_ID --include-inherited`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-overview
    """
    del subject
    login, profile = evidence.login, evidence.profile
    if not isinstance(login, Login):
        return unread("what the identity may do", login)
    if login.actions is None:
        return Cleared(saw="no repository was named, so no permission was asked for")
    if isinstance(profile, Profile) and profile.abac:
        return Cleared(saw="roles count repository by repository here")
    missing = [action for action in ACTIONS if action not in login.actions]
    if "push" in missing or "pull" in missing:
        lacks = [action for action in ("pull", "push") if action in missing]
        return Cause(
            name=CauseName.PERMISSION_DENIED,
            culprit=RefusedIdentity(login.identity),
            saw=f"the access token of {login.identity} lacks {' and '.join(lacks)}",
            advice=_role(lacks, profile, login.identity),
        )
    held = f"{login.identity} may {', '.join(login.actions)}"
    if missing:
        return Cleared(
            saw=f"{held}, but not {', '.join(missing)}",
            advice=f"A push needs none of these. Who needs them: {least_role(missing, abac=False)}.",
        )
    return Cleared(saw=held)


def _role(lacks: Sequence[str], profile: object, identity: str) -> str:
    """The least role; both, where nobody could see which kind of roles count here."""
    role = least_role(lacks, abac=False)
    advice = f"The least role that would do: {role}, on the registry."
    if isinstance(profile, Profile):
        return f"{advice} Its owner gives it: {grant(role, identity)}."
    return f"{advice} In ABAC mode, which could not be read, it is {least_role(lacks, abac=True)}."
