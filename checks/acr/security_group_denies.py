"""Network security groups between the client and the registry."""

from checks.evidence import Denial, Evidence, Groups
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="groups")
def security_group_denies(subject: Subject, evidence: Evidence) -> Answer:
    """A network security group keeps the client from the registry.

    A security rule on the client's subnet or on its network interface denies TCP 443 to the registry's address.
    Look: `az network watcher run-configuration-diagnostic --resource VM --direction Outbound --protocol TCP`
    with the addresses and the port.
    Source: https://learn.microsoft.com/azure/network-watcher/nsg-diagnostics-overview
    """
    del subject
    groups = evidence.groups
    if not isinstance(groups, Groups):
        return unread("the security groups on the client's way", groups)
    denied = [verdict for verdict in groups.verdicts if not verdict.allowed]
    if not denied:
        return Cleared(saw=f"no security group denies {groups.source} port 443 of the registry")
    verdict = denied[0]
    if not verdict.denials:
        return Cause(
            name=CauseName.CONNECTIVITY_TIMEOUT,
            culprit=Place(kind="address", name=verdict.destination),
            saw=f"{groups.source} is denied {verdict.destination}:443, and no group was named for it",
        )
    denials = verdict.denials
    return Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="security group", name=denials[0].group),
        saw=" and ".join(f"the rule {one.rule} of {_name(one)}, applied to {_place(one)}," for one in denials)
        + f" {'denies' if len(denials) == 1 else 'deny'} {groups.source} the way to {verdict.destination}:443",
        advice=" ".join(
            f"Ask the owner of {_name(one)} for an outbound rule before {one.rule} that allows TCP 443 to the service "
            f"tag AzureContainerRegistry (and Storage, for layers) from {groups.source}."
            for one in denials
        ),
    )


def _name(denial: Denial) -> str:
    """The group's name, without where it is."""
    return denial.group.rsplit("/", 1)[-1]


def _place(denial: Denial) -> str:
    """Whether it is a subnet or a network interface, and which."""
    applied_to = denial.applied_to
    kind = "subnet" if "/subnets/" in applied_to.lower() else "network interface"
    return f"{kind} {applied_to.rsplit('/', 1)[-1]}" if applied_to else "an unnamed place"
