"""A client whose connection was ended."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Symptom, WayThere
from checks.told import besides, told_answer


@check(CauseName.CONNECTION_REFUSED_OR_RESET, explains=(Symptom.UNREACHABLE,))
def client_was_cut_off(subject: Subject, evidence: Evidence) -> Answer:
    """Something refused the client's connection, or ended it in the middle.

    A proxy, a gateway or a firewall with a limit on size or idle time ends long uploads; a refusal at once means that
    what answers at that address is no registry.
    Look: `az acr check-health --name REGISTRY --yes`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-access
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.CONNECTION_REFUSED_OR_RESET,
        WayThere(),
        f"the client was refused a connection, or lost it{besides(evidence)}",
        advice=(
            "Push again; if large layers fail and small ones pass, look for a limit on size or idle time between the "
            "client and the registry. See what the name leads to: `nslookup REGISTRY.azurecr.io`."
        ),
    )
