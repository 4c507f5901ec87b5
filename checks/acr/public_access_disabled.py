"""A registry without a public door."""

from checks.evidence import Evidence, Unreadable
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, ClosedToPublic, Symptom
from checks.unread import unread


@check(
    CauseName.PUBLIC_ACCESS_DISABLED, explains=(Symptom.ADDRESS_DENIED,), code="CONNECTIVITY_FORBIDDEN_ERROR"
)
def public_access_disabled(subject: Subject, evidence: Evidence) -> Answer:
    """Public network access is disabled.

    The refusal reads like one by a network rule, but rules count for nothing here: the client must come
    through a private endpoint, from its virtual network, with the private DNS zone linked.
    Look: `az acr show --name REGISTRY --query publicNetworkAccess`. It is never switched on automatically.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
    """
    del subject
    settings = evidence.settings
    if isinstance(settings, Unreadable):
        return unread("settings", settings)
    if settings.public_network_access:
        return Cleared(saw="public network access is enabled")
    return Cause(
        name=CauseName.PUBLIC_ACCESS_DISABLED,
        culprit=ClosedToPublic(),
        saw="publicNetworkAccess is Disabled, which overrides every network rule",
    )
