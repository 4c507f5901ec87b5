"""A client whose proxy stood in the way."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Symptom, WayThere
from checks.told import besides, told_answer


@check(CauseName.PROXY_ERROR, explains=(Symptom.UNREACHABLE,))
def client_proxy_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The proxy that the client is told to use does not let it through.

    The Docker daemon has proxy settings of its own, apart from the shell's. The proxy must let the login server, the
    data endpoint and Entra ID pass, and may want credentials.
    Look: `az acr check-health --name REGISTRY --yes`.
    Source: https://docs.docker.com/engine/daemon/proxy/
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.PROXY_ERROR,
        WayThere(),
        f"the client was refused by its proxy, or could not reach it{besides(evidence)}",
        advice=(
            "Compare HTTPS_PROXY and NO_PROXY of the daemon (`systemctl show docker --property Environment`) with what "
            "the proxy permits; with a private endpoint the registry belongs into NO_PROXY."
        ),
    )
