"""What a registry of its SKU may have so many of."""

from checks.evidence import Evidence, Quotas
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself
from checks.unread import unread

_NEARLY = 90


@check(CauseName.UNKNOWN, explains=(), needs="quotas")
def quota_reached(subject: Subject, evidence: Evidence) -> Answer:
    """A limit of the registry's SKU is reached.

    Webhooks, network rules, private endpoints, tokens and scope maps are counted. A push goes on; but the next
    rule, endpoint or token that somebody needs cannot be added.
    Look: `az acr show-usage --name REGISTRY --output table`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-skus
    """
    del subject
    quotas = evidence.quotas
    if not isinstance(quotas, Quotas):
        return unread("the usage of quotas", quotas)
    limited = [quota for quota in quotas.counted if quota.limit > 0]
    full = [f"{quota.used} of {quota.limit} {quota.name}" for quota in limited if quota.used >= quota.limit]
    nearly = [f"{q.used} of {q.limit} {q.name}" for q in limited if q.used * 100 >= q.limit * _NEARLY]
    if full:
        return Cause(
            name=CauseName.UNKNOWN,
            culprit=RegistryItself(),
            saw=f"in use: {', '.join(full)}",
            advice="Remove what nobody needs, or take a larger SKU: `az acr update --name REGISTRY --sku Premium`.",
        )
    if nearly:
        return Cleared(saw=f"in use: {', '.join(nearly)}", advice="Not many more can be added.")
    return Cleared(saw=f"none of {len(limited)} limits is near")
