"""A pipeline's own report in, a signal out. The text is what its client printed, and is trusted least of all."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from checks.intake.redaction import redacted
from checks.model import CauseName, Image, Proof, Registry, Rejection, Signal, Source, Symptom, Value
from checks.names import is_address_like, is_digest, is_host, is_machine_id, is_repository, is_tag

if TYPE_CHECKING:
    from checks.intake.error_text import Explanation

LARGEST_REPORT: Final = 1024 * 1024
_EXCERPT: Final = 1000

# What whoever pushed can see to alone has no symptom: it is explained to the reporter, and nobody else is woken.
_SYMPTOMS: Final[dict[CauseName, Symptom | None]] = {
    CauseName.LOCKED: Symptom.PUSH_DISALLOWED,
    CauseName.STORAGE_LIMIT: Symptom.PUSH_DISALLOWED,
    CauseName.FIREWALL_IP_DENIED: Symptom.ADDRESS_DENIED,
    CauseName.PUBLIC_ACCESS_DISABLED: Symptom.ADDRESS_DENIED,
    CauseName.CONNECTIVITY_TIMEOUT: Symptom.UNREACHABLE,
    CauseName.DNS_FAILURE: Symptom.UNREACHABLE,
    CauseName.CONNECTION_REFUSED_OR_RESET: Symptom.UNREACHABLE,
    CauseName.TLS_ERROR: Symptom.UNREACHABLE,
    CauseName.PROXY_ERROR: Symptom.UNREACHABLE,
    CauseName.AUTHENTICATION_REQUIRED: Symptom.UNAUTHORIZED,
    CauseName.AUTHENTICATION_FAILED: Symptom.UNAUTHORIZED,
    CauseName.PERMISSION_DENIED: Symptom.UNAUTHORIZED,
    CauseName.THROTTLED: Symptom.THROTTLED,
    CauseName.SERVER_ERROR: Symptom.SERVER_ERROR,
    CauseName.UNKNOWN: Symptom.UNEXPLAINED,
    CauseName.REGISTRY_NOT_FOUND: None,
    CauseName.REPOSITORY_OR_MANIFEST_INVALID: None,
    CauseName.CLIENT_SIDE: None,
    CauseName.OTHER_REGISTRY: None,
    CauseName.NOT_A_PUSH: None,
}
# These two only a look at the registry can tell, and the same text stands for other causes.
_LOOKED_INTO: Final = (Symptom.PUSH_DISALLOWED, Symptom.ADDRESS_DENIED, Symptom.UNEXPLAINED)


class PushReport(Value, frozen=True, rename="camel"):
    """What a pipeline sends.

    `text` is what the client printed. `registry` (login server) and `image` (`repository[:tag][@digest]`) say
    what the text may have lost. `report_id` makes a repeated report the same report; `run_url` leads to the job.
    """

    text: str
    registry: str | None = None
    image: str | None = None
    resource: str | None = None
    report_id: str | None = None
    run_url: str | None = None


@dataclass(frozen=True)
class Explained:
    """A report that opens no incident: only whoever pushed can see to it, and is told how."""

    explanation: "Explanation"


_report = msgspec.json.Decoder(PushReport)


def decode_report(body: bytes, source: Source) -> PushReport | Rejection:
    """Strictly read a report. An unknown field, a wrong type or more than 1 MiB is a rejection that says so."""
    if len(body) > LARGEST_REPORT:
        return Rejection(
            source=source, reason="too_large", detail=f"{len(body)} bytes; {LARGEST_REPORT} are taken"
        )
    try:
        return _report.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        excerpt = redacted(body.decode("utf-8", "replace"))[:_EXCERPT]
        return Rejection(source=source, reason="not_a_report", detail=str(broken), excerpt=excerpt)


def read_report(
    report: PushReport,
    registries: Iterable[Registry],
    *,
    source: Source,
    now: datetime,
    sent_from: str | None = None,
) -> Signal | Explained | Rejection:
    """What a report tells.

    `sent_from` is the address from which the report itself came; a denied address that is the same one is
    thereby shown to be the sender's. A report never widens what policy allows.
    """
    # The rules for texts are compiled at import, and rows never need them.
    from checks.intake.error_text import explain

    explanation = explain(report.text)
    symptom = _symptom(explanation)
    if symptom is None:
        return Explained(explanation=explanation)
    registry = _registry(report, explanation, tuple(registries))
    if isinstance(registry, str):
        return _reject(report, source, "unknown_registry", registry)
    image = _image(report.image) if report.image else _image_of(explanation)
    if isinstance(image, str):
        return _reject(report, source, "illegal_name", image)
    if symptom is Symptom.PUSH_DISALLOWED and image is None:
        return _reject(report, source, "no_image", "neither the text nor the report names what was pushed")
    if report.resource and not is_machine_id(report.resource):
        return _reject(report, source, "illegal_name", f"resource {report.resource!r:.300}")
    address = explanation.client_ip if symptom is Symptom.ADDRESS_DENIED else None
    if address and not is_address_like(address):
        return _reject(report, source, "illegal_name", f"address {address!r:.80}")
    return Signal(
        id=_report_id(report, registry, now),
        source=source,
        at=now,
        registry=registry.name,
        symptom=symptom,
        image=image,
        address=address,
        said=None if symptom in _LOOKED_INTO else explanation.cause,
        proof=Proof.SAME_ADDRESS if address and address == sent_from else Proof.CLAIMED,
        origin=report.resource if symptom is Symptom.UNREACHABLE else None,
        excerpt=redacted(report.text)[-_EXCERPT:],
    )


def _symptom(explanation: "Explanation") -> Symptom | None:
    """What to look into. A bare 405 may be a lock or a full registry, and looking tells, as for any 405."""
    if explanation.cause is CauseName.UNKNOWN and CauseName.LOCKED in explanation.alternatives:
        return Symptom.PUSH_DISALLOWED
    return _SYMPTOMS[explanation.cause]


def _registry(
    report: PushReport, explanation: "Explanation", registries: tuple[Registry, ...]
) -> Registry | str:
    """The configured registry that the report is about, or what is wrong with what it names.

    A name that the pipeline masked in the text, `***.azurecr.io`, speaks for no registry and against none. A private
    endpoint's name is its registry's.
    """
    printed = explanation.registry if explanation.registry and is_host(explanation.registry) else None
    named = {host.casefold().replace(".privatelink.", ".") for host in (report.registry, printed) if host}
    if not named:
        return registries[0] if len(registries) == 1 else "the report names no registry"
    known = [r for r in registries if named == {r.login_server.casefold()}]
    return known[0] if known else f"not configured: {', '.join(sorted(named))[:200]}"


def _image_of(explanation: "Explanation") -> Image | str | None:
    if explanation.repository is None:
        return None
    return _legal(Image(repository=explanation.repository, tag=explanation.tag, digest=explanation.digest))


def _image(text: str) -> Image | str:
    """`repository[:tag][@digest]`, without the registry."""
    named, _, digest = text.partition("@")
    repository, _, tag = named.partition(":")
    return _legal(Image(repository=repository, tag=tag or None, digest=digest or None))


def _legal(image: Image) -> Image | str:
    legal = (
        is_repository(image.repository)
        and (image.tag is None or is_tag(image.tag))
        and (image.digest is None or is_digest(image.digest))
    )
    return image if legal else f"image {str(image)!r:.200}"


def _report_id(report: PushReport, registry: Registry, now: datetime) -> str:
    """The pipeline's own id if it gave one; else the same text of the same machine and minute is the same report."""
    place = f" {report.resource.lower()}" if report.resource else ""
    once = report.report_id or f"{now:%Y-%m-%dT%H:%M} {report.image}{place} {report.text}"
    return hashlib.sha256(f"{registry.name}\n{once}".encode("utf-8", "replace")).hexdigest()[:24]


def _reject(report: PushReport, source: Source, reason: str, detail: str) -> Rejection:
    return Rejection(source=source, reason=reason, detail=detail, excerpt=redacted(report.text)[-_EXCERPT:])
