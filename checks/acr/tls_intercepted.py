"""A certificate that no public authority vouches for."""

from checks.evidence import Evidence, Flaw, Handshake
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.TLS_ERROR, explains=(Symptom.UNREACHABLE,), needs="handshake", code="CONNECTIVITY_SSL_ERROR")
def tls_intercepted(subject: Subject, evidence: Evidence) -> Answer:
    """Somebody on the way opens TLS, with a certificate of an authority that this machine does not trust.

    Azure's registries show certificates of public authorities only. Another issuer is that of a proxy or firewall
    with TLS inspection: it reads every token and every layer, and clients that do not trust it cannot push.
    Look: `az acr check-health --name REGISTRY --yes`, and the issuer that is named here.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.handshake:
        case Handshake(host=host, flaw=Flaw.UNTRUSTED, detail=detail, certificate=certificate):
            issuer = certificate.issuer if certificate else "an unknown issuer"
            return Cause(
                name=CauseName.TLS_ERROR,
                culprit=Place(kind="certificate by", name=issuer),
                saw=f"{host} shows a certificate by {issuer}, whom this machine does not trust ({detail})",
                advice=_EXEMPT,
            )
        case Handshake(host=host, flaw=None, certificate=certificate) if (
            certificate and not certificate.public
        ):
            return Cleared(
                saw=f"{host} shows a certificate by {certificate.issuer}, whom this machine trusts",
                advice=f"That is no public authority: TLS is opened on the way. {_EXEMPT}",
            )
        case Handshake(host=host, certificate=certificate):
            by = f" by {certificate.issuer}" if certificate else ""
            return Cleared(saw=f"{host} shows a certificate{by}")
        case missing:
            return unread("the certificate of the login server", missing)


_EXEMPT = (
    "Exempt the login server and its data endpoints from TLS inspection; or give every client that pushes the "
    "authority's certificate, the Docker daemon too."
)
