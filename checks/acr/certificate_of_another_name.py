"""A certificate for another name than the one that was called."""

from checks.evidence import Evidence, Flaw, Handshake
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.TLS_ERROR, explains=(Symptom.UNREACHABLE,), needs="handshake", code="CONNECTIVITY_SSL_ERROR")
def certificate_of_another_name(subject: Subject, evidence: Evidence) -> Answer:
    """What answers at the login server's address shows a certificate for another name.

    The name leads to the wrong machine (a hosts file, a private zone, a load balancer in front), or the registry
    is called by a name of one's own or by an address, for which it has no certificate.
    Look: `az acr show --name REGISTRY --query loginServer`; a registry is called by exactly that name.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.handshake:
        case Handshake(host=host, flaw=Flaw.OTHER_NAME, certificate=certificate):
            names = ", ".join(certificate.names) if certificate else "another name"
            return Cause(
                name=CauseName.TLS_ERROR,
                culprit=Place(kind="host", name=host),
                saw=f"{host} was called, and what answered has a certificate for {names}",
                advice="Find out where the name leads on this machine, and who answers there.",
            )
        case Handshake(host=host):
            return Cleared(saw=f"the certificate is not for another name than {host}")
        case missing:
            return unread("the certificate of the login server", missing)
