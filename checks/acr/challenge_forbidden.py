"""A refusal at the login server that its settings do not explain."""

from checks.addresses import covered_by
from checks.evidence import Challenge, Evidence, NoAnswer, RegistrySettings
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place
from checks.unread import unread

_FORBIDDEN = 403


@check(CauseName.FIREWALL_IP_DENIED, explains=(), needs="challenge", code="CONNECTIVITY_FORBIDDEN_ERROR")
def challenge_forbidden(subject: Subject, evidence: Evidence) -> Answer:
    """The registry refuses this machine, and nothing in its settings says why.

    The settings could not be read, or they would let this machine in: then a change is not in force yet (that
    takes minutes), or the refusal is that of a network security perimeter or of a rule for virtual networks.
    Look: `az acr show --name REGISTRY --query "{public:publicNetworkAccess,rules:networkRuleSet}"`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    challenge, settings = evidence.challenge, evidence.settings
    match challenge:
        case Challenge(status=status, by_registry=by_registry) if status != _FORBIDDEN or not by_registry:
            return Cleared(saw=f"the registry does not refuse this machine ({status})")
        case Challenge(denied=denied):
            refused = f"the registry answered GET /v2/ with 403 and refuses {denied or 'this machine'}"
        case NoAnswer():
            return Cleared(saw="nobody answered GET /v2/, so nobody refused this machine")
        case missing:
            return unread("the answer to GET /v2/", missing)
    if isinstance(settings, RegistrySettings) and _explains(settings, denied):
        return Cleared(saw=f"{refused}, as its settings say")
    return Cause(
        name=CauseName.FIREWALL_IP_DENIED,
        culprit=Place(kind="client", name=denied or "this machine"),
        saw=f"{refused}; {_but(settings)}",
        advice=_WAIT if isinstance(settings, RegistrySettings) else _LOOK,
    )


def _explains(settings: RegistrySettings, denied: str | None) -> bool:
    """Whether public access or the rules are reason enough to refuse that address."""
    if not settings.public_network_access:
        return True
    return settings.denies_by_default and (denied is None or covered_by(denied, settings.ip_rules) is None)


def _but(settings: object) -> str:
    if isinstance(settings, RegistrySettings):
        return "its settings would let that address in"
    return "its settings could not be read"


_WAIT = "If the network settings were changed just now, try again in a few minutes."
_LOOK = (
    'Look at its network settings: `az acr show --name REGISTRY --query "{public:publicNetworkAccess,'
    'rules:networkRuleSet}"`. If public access is disabled, come by a private endpoint; else let the address in.'
)
