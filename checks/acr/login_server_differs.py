"""A login server that is not the registry's own."""

from checks.evidence import Evidence, Profile, Resolution
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place
from checks.unread import unread


@check(CauseName.REGISTRY_NOT_FOUND, explains=(), needs="resolution", code="LOGIN_SERVER_ERROR")
def login_server_differs(subject: Subject, evidence: Evidence) -> Answer:
    """The bot was told another login server than the registry has.

    A registry with a domain name label has a part of a hash in its login server (`contoso-d7ffgfb2.azurecr.io`),
    and registries of other clouds end in other suffixes.
    Look: `az acr show --name REGISTRY --query loginServer`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    seen, profile = evidence.resolution, evidence.profile
    if not isinstance(seen, Resolution):
        return unread("the login server", seen)
    if not isinstance(profile, Profile):
        return unread("the registry's own login server", profile)
    if profile.login_server.lower() == seen.host.lower():
        return Cleared(saw=f"the login server is {seen.host}")
    return Cause(
        name=CauseName.REGISTRY_NOT_FOUND,
        culprit=Place(kind="login server", name=seen.host),
        saw=f"{seen.host} was called, and the registry's login server is {profile.login_server}",
        advice=f"Set loginServer to {profile.login_server} in PUSH_MEDIC_REGISTRIES.",
    )
