"""What the access token permits, in a registry whose roles count repository by repository."""

from checks.evidence import Evidence, Login, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RefusedIdentity, Symptom
from checks.roles import ACTIONS, grant, least_role, least_role_to_push
from checks.unread import unread


@check(
    CauseName.PERMISSION_DENIED,
    explains=(Symptom.UNAUTHORIZED,),
    needs="profile",
    code="CONNECTIVITY_ACCESS_TOKEN_ERROR",
)
def push_not_permitted_by_abac(subject: Subject, evidence: Evidence) -> Answer:
    """The registry is in ABAC mode, in which AcrPull, AcrPush and AcrDelete count for nothing.

    So do Owner and Contributor for what is in the repositories. An identity that pushes needs Container Registry
    Repository Writer, which may be conditioned on the repository's name; who lists repositories needs Container
    Registry Repository Catalog Lister besides. Tokens of before the change of mode are refused.
    Look: `az acr show --name REGISTRY --query roleAssignmentMode`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions
    """
    del subject
    login, profile = evidence.login, evidence.profile
    if not isinstance(profile, Profile):
        return unread("the role assignment mode", profile)
    if not profile.abac:
        return Cleared(saw="roles count for the whole registry, AcrPush too")
    role = least_role_to_push(abac=True)
    advice = f"The least role that would do: {role}; AcrPush counts for nothing here."
    if not isinstance(login, Login) or login.actions is None:
        return Cleared(saw="the registry is in ABAC mode", advice=advice)
    missing = [action for action in ACTIONS if action not in login.actions]
    if "push" in missing or "pull" in missing:
        lacks = [action for action in ("pull", "push") if action in missing]
        return Cause(
            name=CauseName.PERMISSION_DENIED,
            culprit=RefusedIdentity(login.identity),
            saw=f"the access token of {login.identity} lacks {' and '.join(lacks)}, in ABAC mode",
            advice=f"{advice} Its owner gives it: {grant(role, login.identity)}.",
        )
    held = f"{login.identity} may {', '.join(login.actions)}"
    if missing:
        held += f", but not {', '.join(missing)}"
        return Cleared(saw=held, advice=f"Who needs that: {least_role(missing, abac=True)}.")
    return Cleared(saw=held)
