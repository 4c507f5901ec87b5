"""The cure for an address that the registry's firewall refuses."""

from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from checks.evidence import RegistrySettings, Unreadable, Usage
from checks.model import CauseName, DeniedAddress
from remediations.frame import Case, remediation
from remediations.model import Change, Proposed, Reason, Refusal, RuleChange
from remediations.policy import address_permit, span

# What no client of a public endpoint comes from. Python's is_global leaves some of it in.
# https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL: Final = {
    ip_network(text): what
    for what, texts in {
        "a private address": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        "an address behind carrier-grade NAT": ("100.64.0.0/10",),
        "kept for documentation": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
        "kept for benchmarks": ("198.18.0.0/15",),
        "a machine's own address": ("127.0.0.0/8", "0.0.0.0/8"),
        "a link-local address": ("169.254.0.0/16",),
        "a multicast address": ("224.0.0.0/4",),
        "kept for the future": ("240.0.0.0/4",),
        "kept for protocols": ("192.0.0.0/24",),
        "a 6to4 relay": ("192.88.99.0/24",),
        "Azure's own address inside a virtual network": ("168.63.129.16/32",),
    }.items()
    for text in texts
}


@remediation(cures=CauseName.FIREWALL_IP_DENIED)
def allow_address(case: Case) -> Change | Proposed | Refusal:
    """Add the one refused address to the registry's network rules, for a while.

    Only a public IPv4 address, inside a range that policy approves, with the proof that the permit asks for, on
    a Premium registry with room for another rule; and never while anonymous pull or the admin user is on, for
    then the network is the only guard. The rule is removed when the permit's time is up. The default action and
    public access are never touched.
    """
    culprit = case.cause.culprit
    settings, usage = case.evidence.settings, case.evidence.usage
    if not isinstance(culprit, DeniedAddress):
        return Refusal(Reason.NO_REMEDIATION, f"{culprit} is no address")
    address = public_address(culprit.address)
    if isinstance(address, Refusal):
        return address
    permit = address_permit(case.policy, case.registry, address, case.proof)
    if permit is None:
        return Refusal(
            Reason.NOT_PERMITTED, f"{address} is in no range that policy approves for this registry"
        )
    if not permit.asks_for(case.proof):
        asked = " or ".join(permit.proof)
        return Refusal(
            Reason.ADDRESS_UNPROVEN,
            f"behind {address} stands only `{case.proof}`; the permit asks for {asked}",
        )
    if isinstance(settings, Unreadable) or isinstance(usage, Unreadable):
        return Refusal(Reason.EVIDENCE_UNREADABLE, "the registry's settings or its rule quota were not read")
    refusal = _registry_refuses(settings, usage)
    if refusal:
        return refusal
    change = RuleChange(
        registry=case.registry,
        before=settings.ip_rules,
        add=(str(address),),
        until=case.now + span(permit.lasts),
    )
    return Proposed(change) if permit.approval else change


def public_address(text: str) -> IPv4Address | Refusal:
    """The address if a rule may name it: one public unicast IPv4 address, written plainly."""
    try:
        address = ip_address(text)
    except ValueError:
        return Refusal(
            Reason.ADDRESS_NOT_PUBLIC, f"{text!r} is no address; a port or a list is not taken apart"
        )
    if not isinstance(address, IPv4Address):
        return Refusal(Reason.ADDRESS_NOT_PUBLIC, f"{text} is IPv6, which network rules cannot name")
    special = next((what for network, what in _SPECIAL.items() if address in network), None)
    if special or not address.is_global:
        return Refusal(Reason.ADDRESS_NOT_PUBLIC, f"{text} is {special or 'not a public unicast address'}")
    return address


def _registry_refuses(settings: RegistrySettings, usage: Usage) -> Refusal | None:
    if settings.sku.casefold() != "premium":
        return Refusal(Reason.NOT_PREMIUM, f"network rules need Premium; this registry is {settings.sku}")
    if settings.anonymous_pull or settings.admin_user:
        on = "anonymous pull" if settings.anonymous_pull else "the admin user"
        return Refusal(Reason.ANONYMOUS_OR_ADMIN_ACCESS, f"{on} is on, so the network is the only guard")
    if usage.is_full_of(settings.ip_rules):
        return Refusal(Reason.RULE_QUOTA_FULL, f"all {usage.ip_rule_limit} network rules are in use")
    return None
