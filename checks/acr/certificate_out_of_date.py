"""A certificate that is over, or a clock that is wrong."""

from checks.evidence import Evidence, Flaw, Handshake
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.TLS_ERROR, explains=(Symptom.UNREACHABLE,), needs="handshake", code="CONNECTIVITY_SSL_ERROR")
def certificate_out_of_date(subject: Subject, evidence: Evidence) -> Answer:
    """The certificate is not valid at the time that this machine believes it is.

    Azure renews its certificates long before they end. So either the clock of this machine is wrong, or the
    certificate is that of a proxy on the way.
    Look: `az acr check-health --name REGISTRY --yes`, and `timedatectl` for the clock.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.handshake:
        case Handshake(host=host, flaw=Flaw.OUT_OF_DATE, detail=detail, certificate=certificate):
            until = (
                f"valid {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, "
                if certificate
                else ""
            )
            return Cause(
                name=CauseName.TLS_ERROR,
                culprit=Place(kind="certificate of", name=host),
                saw=f"the certificate of {host} is {until}and here it is {evidence.read_at:%Y-%m-%d} ({detail})",
                advice="Compare the clock of this machine with the time; if it is right, ask who opens TLS on the way.",
            )
        case Handshake(host=host, certificate=certificate):
            until = f", until {certificate.not_after:%Y-%m-%d}" if certificate else ""
            return Cleared(saw=f"the certificate of {host} is valid now{until}")
        case missing:
            return unread("the certificate of the login server", missing)
