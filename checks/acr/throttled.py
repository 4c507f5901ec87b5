"""Too many requests."""

from typing import Final

from checks.evidence import Challenge, Evidence, RegistrySettings
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself, Symptom
from checks.unread import unread

# Requests a minute for the registry, and for one identity.
_WRITES: Final = {
    "basic": "2,000 writes a minute, 1,000 of one identity",
    "standard": "2,000 writes a minute, 1,000 of one identity",
    "premium": "4,000 writes a minute, 2,000 of one identity",
}
_LOGINS: Final = {"basic": "10,000", "standard": "10,000", "premium": "20,000"}


@check(CauseName.THROTTLED, explains=(Symptom.THROTTLED,), code="CONNECTIVITY_TOOMANYREQUESTS_ERROR")
def throttled(subject: Subject, evidence: Evidence) -> Answer:
    """The registry is asked for more than its SKU allows.

    It answers 429, and says in `Retry-After` for how long. One image is many requests, and one client that pushes
    many images at once, or asks again without waiting, uses up what all others share.
    Look: `az monitor metrics list --resource REGISTRY_ID --metric TotalPushCount --interval PT1M`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-skus
    """
    settings, wait = evidence.settings, _wait(evidence)
    if subject.symptom is Symptom.THROTTLED or wait is not None:
        by = (
            f"; refused were {', '.join(str(caller) for caller in subject.callers)}"
            if subject.callers
            else ""
        )
        return Cause(
            name=CauseName.THROTTLED,
            culprit=RegistryItself(),
            saw=f"the registry answered 429{wait or ''}; {_limit(settings)}{by}",
            advice=_ADVICE if subject.callers else f"{_ADVICE} {_WHO}",
        )
    if not isinstance(evidence.challenge, Challenge):
        return unread("whether the registry throttles now", evidence.challenge)
    return Cleared(saw=f"nothing was answered with 429; {_limit(settings)}")


def _wait(evidence: Evidence) -> str | None:
    """How long a 429 asks to wait, in words; None where there was none."""
    throttling = evidence.throttling
    return _in_words(throttling.retry_after) if throttling else None


def _in_words(retry_after: str) -> str:
    return f" and asks to wait {retry_after} s" if retry_after.isdecimal() else ""


def _limit(settings: object) -> str:
    if not isinstance(settings, RegistrySettings):
        return "its SKU could not be read"
    sku = settings.sku.lower()
    if sku not in _WRITES:
        return f"the limits of {settings.sku} are not known"
    return f"{settings.sku} takes {_WRITES[sku]}, and {_LOGINS[sku]} logins"


_ADVICE: Final = (
    "Wait, then push fewer images at the same time, and have clients honour Retry-After. "
    "If it happens daily, take a larger SKU: `az acr update --name REGISTRY --sku Premium`."
)
_WHO: Final = (
    "To see who uses it, where its rows go to Log Analytics: `az monitor log-analytics query --workspace WORKSPACE_ID "
    '--analytics-query "ContainerRegistryRepositoryEvents | where TimeGenerated > ago(1h) | summarize count() by '
    'Identity, CallerIpAddress, OperationName | top 10 by count_"`.'
)
