"""The registry's firewall, seen from one client address."""

from checks.addresses import covered_by
from checks.evidence import Evidence, Unreadable
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, DeniedAddress, Symptom, Unknown
from checks.unread import unread


@check(CauseName.FIREWALL_IP_DENIED, explains=(Symptom.ADDRESS_DENIED,), code="CONNECTIVITY_FORBIDDEN_ERROR")
def firewall_ip_denied(subject: Subject, evidence: Evidence) -> Answer:
    """The client's address is in no network rule of the registry.

    Public access is on, the default action is Deny, and no rule covers the address that the service refused:
    `denied: client with IP '…' is not allowed access` (403).
    Look: `az acr network-rule list --name REGISTRY`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
    """
    settings = evidence.settings
    if isinstance(settings, Unreadable):
        return unread("settings", settings)
    if not settings.public_network_access:
        return Cleared(saw="public access is off, so no rule decides")
    if not settings.denies_by_default:
        return Cleared(saw="the default action is Allow, so no address is refused")
    if subject.address is None:
        return Unknown(why="the refusal names no client address")
    rule = covered_by(subject.address, settings.ip_rules)
    if rule:
        return Cleared(saw=f"the rule {rule} lets {subject.address} in")
    return Cause(
        name=CauseName.FIREWALL_IP_DENIED,
        culprit=DeniedAddress(address=subject.address),
        saw=f"the default action is Deny and none of {len(settings.ip_rules)} rules covers {subject.address}",
    )
