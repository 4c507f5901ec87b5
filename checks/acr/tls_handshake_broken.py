"""The TLS handshake with the login server, broken off."""

from checks.evidence import Evidence, Flaw, Handshake
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.TLS_ERROR, explains=(Symptom.UNREACHABLE,), needs="handshake", code="CONNECTIVITY_SSL_ERROR")
def tls_handshake_broken(subject: Subject, evidence: Evidence) -> Answer:
    """TCP connects, and the TLS handshake is broken off.

    A firewall that filters by the name in the handshake (application rules, SNI) lets the connection be made and
    then resets it; or what answers speaks no TLS, or no TLS 1.2.
    Look: `az acr check-health --name REGISTRY --yes`, and the application rules of the firewall on the way.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.handshake:
        case Handshake(host=host, flaw=Flaw.BROKEN, detail=detail):
            return Cause(
                name=CauseName.TLS_ERROR,
                culprit=Place(kind="host", name=host),
                saw=f"the TLS handshake with {host} was broken off ({detail})",
                advice=f"Ask the owners of the firewall on the way to let HTTPS to {host} pass by that name.",
            )
        case Handshake(host=host):
            return Cleared(saw=f"{host} speaks TLS")
        case missing:
            return unread("TLS of the login server", missing)
