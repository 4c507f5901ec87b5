"""A client that could not resolve the name."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Symptom, WayThere
from checks.told import besides, told_answer


@check(CauseName.DNS_FAILURE, explains=(Symptom.UNREACHABLE,))
def client_found_no_name(subject: Subject, evidence: Evidence) -> Answer:
    """The name of the registry had no address where the client asked.

    It is misspelt, or the client's DNS does not answer, or it answers from a private zone without a record for the
    registry: a virtual network with the zone `privatelink.azurecr.io` linked asks that zone alone.
    Look: `az acr show --name REGISTRY --query loginServer`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.DNS_FAILURE,
        WayThere(),
        f"the client found no address for the login server{besides(evidence)}",
        advice=(
            "Ask the same DNS as the client: `nslookup REGISTRY.azurecr.io`. With a private endpoint, link the zone "
            "`privatelink.azurecr.io` to the client's network and see that it has both records."
        ),
    )
