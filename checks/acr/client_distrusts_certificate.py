"""A client that did not trust what answered."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Symptom, WayThere
from checks.told import besides, told_answer


@check(CauseName.TLS_ERROR, explains=(Symptom.UNREACHABLE,))
def client_distrusts_certificate(subject: Subject, evidence: Evidence) -> Answer:
    """TLS failed between the client and what answered it.

    An appliance opens TLS with an authority of its own that the Docker daemon does not trust, the registry was called
    by another name than its login server, or the client's clock is wrong.
    Look: `az acr check-health --name REGISTRY --yes`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-login
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.TLS_ERROR,
        WayThere(),
        f"the client did not trust the certificate that it was shown{besides(evidence)}",
        advice=(
            "See who signed the certificate: `openssl s_client -connect REGISTRY.azurecr.io:443`. Trust that authority "
            "in the Docker daemon as well, or exempt `*.azurecr.io` from inspection."
        ),
    )
