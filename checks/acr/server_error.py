"""A fault of the registry's own."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.model import Answer, CauseName, RegistryItself, Symptom
from checks.told import told_answer


@check(CauseName.SERVER_ERROR, explains=(Symptom.SERVER_ERROR,))
def server_error(subject: Subject, evidence: Evidence) -> Answer:
    """The registry answers with a 5xx.

    The fault is on the service's side, or on that of a gateway before it, and passes by itself more often than
    not. Nothing about the push has to change.
    Look: `az resource show --ids REGISTRY_ID/providers/Microsoft.ResourceHealth/availabilityStatuses/current`.
    Source: https://learn.microsoft.com/azure/service-health/resource-health-overview
    """
    return told_answer(
        subject,
        evidence.settings,
        CauseName.SERVER_ERROR,
        RegistryItself(),
        "the registry answered with an error of its own",
        advice="Push again in some minutes; if it stays, open a support request with the time of the failure.",
    )
