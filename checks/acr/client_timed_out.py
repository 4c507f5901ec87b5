"""A client whom nothing answered."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Symptom, WayThere
from checks.told import besides, told_answer


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,))
def client_timed_out(subject: Subject, evidence: Evidence) -> Answer:
    """The client reached nothing on port 443, or waited in vain for an answer.

    A security group, a route or an appliance between the client and the registry drops packets. The registry's own
    firewall does not: it answers. A layer goes to the data endpoint, which has another name and another way.
    Look: `az network watcher test-connectivity --source-resource VM --dest-address REGISTRY --dest-port 443`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-access
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.CONNECTIVITY_TIMEOUT,
        WayThere(),
        f"the client waited in vain for an answer{besides(evidence)}",
        advice="" if subject.origin else _ADVICE,
    )


_ADVICE = (
    "If the machine that pushes is in Azure, `medic check REGISTRY --from ITS_RESOURCE_ID` names the rule or the "
    "route, and so does this notice if the job's report says which `resource` it runs on; otherwise the owners of its "
    "network must let port 443 of the login server and of the data endpoint pass."
)
