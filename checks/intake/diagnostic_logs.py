"""Diagnostic log rows in, signals out.

The rows are the registry's own, from Event Hubs or from Log Analytics (shapes: Azure Monitor resource logs,
ContainerRegistryRepositoryEvents and ContainerRegistryLoginEvents). `resultType` is a constant there; the HTTP
status is the text in `resultDescription`, and a missing value is the text "<nil>".
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from checks.model import Image, Proof, Registry, Rejection, Signal, Source, Symptom
from checks.names import is_address_like, is_digest, is_repository, is_tag

_REPOSITORY_EVENTS: Final = "ContainerRegistryRepositoryEvents"
_LOGIN_EVENTS: Final = "ContainerRegistryLoginEvents"
_EXCERPT: Final = 500
_LARGEST_BODY: Final = 8 * 1024 * 1024

type _Scalar = str | int | float | bool | None

# Rows are hostile: besides bad JSON and bad UTF-8, nesting can be too deep to skip.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Properties(msgspec.Struct, gc=False):
    repository: _Scalar = None
    tag: _Scalar = None
    digest: _Scalar = None


class _Row(msgspec.Struct, gc=False):
    """The few keys that decide; everything else is skipped unread."""

    category: _Scalar = None
    metricName: _Scalar = None  # noqa: N815 - the wire's own name
    operationName: _Scalar = None  # noqa: N815
    resultDescription: _Scalar = None  # noqa: N815
    resourceId: _Scalar = None  # noqa: N815
    time: _Scalar = None
    identity: msgspec.Raw = msgspec.Raw()
    callerIpAddress: _Scalar = None  # noqa: N815
    correlationId: _Scalar = None  # noqa: N815
    properties: msgspec.Raw = msgspec.Raw()


class _Body(msgspec.Struct, gc=False):
    records: list[_Row] | msgspec.UnsetType = msgspec.UNSET


class _RawBody(msgspec.Struct, gc=False):
    records: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


class Batch(msgspec.Struct):
    """What became of some bodies: signals, what was rejected, and how many rows were nothing to us."""

    signals: list[Signal] = []
    rejections: list[Rejection] = []
    uneventful: int = 0


_whole = msgspec.json.Decoder(_Body)
_apart = msgspec.json.Decoder(_RawBody)
_row = msgspec.json.Decoder(_Row)
_rows = msgspec.json.Decoder(list[_Row])
_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
_properties = msgspec.json.Decoder(_Properties)
_text = msgspec.json.Decoder(str)


def read_bodies(
    bodies: Iterable[bytes], registries: Mapping[str, Registry], source: Source = Source.DIAGNOSTIC_LOGS
) -> Batch:
    """Read message bodies: `{"records": […]}`, a bare list, or one record. `registries` is keyed by resource id.

    Never raises for anything in a body: what cannot be used becomes a rejection, and its neighbours are read.
    """
    batch = Batch()
    for body in bodies:
        for row in _rows_of(body, batch, source):
            _sort(row, batch, registries, source)
    return batch


def _rows_of(body: bytes, batch: Batch, source: Source) -> list[_Row]:
    if not body.strip():
        batch.rejections.append(
            Rejection(source=source, reason="empty_body", detail="a message without a body")
        )
        return []
    if len(body) > _LARGEST_BODY:
        detail = f"a body of {len(body)} bytes; {_LARGEST_BODY} are read"
        batch.rejections.append(
            Rejection(source=source, reason="too_large", detail=detail, excerpt=_excerpt(body))
        )
        return []
    try:
        if body.lstrip()[:1] == b"[":
            return _rows.decode(body)
        whole = _whole.decode(body)
        return [_row.decode(body)] if whole.records is msgspec.UNSET else whole.records
    except _UNREADABLE:
        return _one_by_one(body, batch, source)


def _one_by_one(body: bytes, batch: Batch, source: Source) -> list[_Row]:
    """The slow way, for a body in which something is wrong: each row on its own, so that one spoils no other."""
    try:
        if body.lstrip()[:1] == b"[":
            apart = _raw_rows.decode(body)
        else:
            records = _apart.decode(body).records
            apart = [msgspec.Raw(body)] if records is msgspec.UNSET else records
    except _UNREADABLE as broken:
        reason = "not_rows" if isinstance(broken, msgspec.ValidationError) else "not_json"
        batch.rejections.append(
            Rejection(source=source, reason=reason, detail=str(broken), excerpt=_excerpt(body))
        )
        return []
    rows = []
    for raw in apart:
        try:
            rows.append(_row.decode(raw))
        except _UNREADABLE as broken:
            batch.rejections.append(
                Rejection(source=source, reason="not_a_row", detail=str(broken), excerpt=_excerpt(bytes(raw)))
            )
    return rows


def _sort(row: _Row, batch: Batch, registries: Mapping[str, Registry], source: Source) -> None:
    """Put one row where it belongs."""
    known = row.category in (_REPOSITORY_EVENTS, _LOGIN_EVENTS)
    if known and str(row.resultDescription)[:1] in ("1", "2", "3"):
        batch.uneventful += 1
        return
    if row.category is None and row.metricName is not None:
        batch.uneventful += 1
        return
    judged = _signal(row, registries, source) if known else _unknown_category(row, source)
    match judged:
        case Signal():
            batch.signals.append(judged)
        case Rejection():
            batch.rejections.append(judged)
        case None:
            batch.uneventful += 1


def _unknown_category(row: _Row, source: Source) -> Rejection:
    return Rejection(source=source, reason="unknown_category", detail=_short(row.category))


def _signal(row: _Row, registries: Mapping[str, Registry], source: Source) -> Signal | Rejection | None:
    """What a row that did not succeed tells, if it is about a push or a login."""
    operation, status = _given(row.operationName), _given(row.resultDescription)
    if operation not in ("Push", "Login"):
        return None
    registry = registries.get((_given(row.resourceId) or "").lower())
    if registry is None:
        return _reject(row, source, "unknown_registry", _short(row.resourceId))
    at = _time(row.time)
    if at is None:
        return _reject(row, source, "no_time", f"time is {_short(row.time)}")
    match operation, status:
        case "Push", "405":
            return _disallowed(row, registry, at, source)
        case "Login", "403":
            return _denied(row, registry, at, source)
        case _:
            return _reject(row, source, "no_check_for_status", f"{operation} {_short(status)}")


def _disallowed(row: _Row, registry: Registry, at: datetime, source: Source) -> Signal | Rejection:
    try:
        properties = _properties.decode(row.properties or b"{}")
    except _UNREADABLE as broken:
        return _reject(row, source, "not_a_row", f"properties: {broken}")
    repository, reference = _given(properties.repository), _given(properties.tag)
    digest = _given(properties.digest)
    if repository is None or not is_repository(repository):
        return _reject(row, source, "illegal_name", f"repository {_short(repository)}")
    if reference and is_digest(reference):
        digest, reference = reference, None
    if (reference and not is_tag(reference)) or (digest and not is_digest(digest)):
        return _reject(row, source, "illegal_name", f"reference {_short(reference)} {_short(digest)}")
    return Signal(
        id=_row_id(row, repository, reference or digest or ""),
        source=source,
        at=at,
        registry=registry.name,
        symptom=Symptom.PUSH_DISALLOWED,
        image=Image(repository=repository, tag=reference, digest=digest),
        address=_address(row),
        identity=_identity(row),
        proof=Proof.REGISTRY_LOG,
        excerpt=f"Push {repository}:{reference or digest or ''} was answered with 405",
    )


def _denied(row: _Row, registry: Registry, at: datetime, source: Source) -> Signal | Rejection:
    address = _address(row)
    if address is None:
        return _reject(row, source, "no_address", _short(row.callerIpAddress))
    return Signal(
        id=_row_id(row, address, "403"),
        source=source,
        at=at,
        registry=registry.name,
        symptom=Symptom.ADDRESS_DENIED,
        address=address,
        identity=_identity(row),
        proof=Proof.REGISTRY_LOG,
        excerpt=f"Login from {address} was answered with 403",
    )


def _row_id(row: _Row, *about: str) -> str:
    """The same for a row however it reached us: the stream and the table hold the same values."""
    parts = (str(row.resourceId).lower(), _iso(_time(row.time)), str(row.correlationId), *about)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _given(value: _Scalar) -> str | None:
    """The value as text; the log's "<nil>", an empty text and an absent value are all no value."""
    return None if value in (None, "", "<nil>") else str(value)


def _time(value: _Scalar) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _address(row: _Row) -> str | None:
    address = _given(row.callerIpAddress)
    return address if address and is_address_like(address) else None


def _identity(row: _Row) -> str | None:
    try:
        return _given(_text.decode(row.identity)) if row.identity else None
    except _UNREADABLE:
        return None


def _reject(row: _Row, source: Source, reason: str, detail: str) -> Rejection:
    return Rejection(source=source, reason=reason, detail=detail, excerpt=_excerpt(msgspec.json.encode(row)))


def _excerpt(body: bytes) -> str:
    return body[:_EXCERPT].decode("utf-8", "replace")


def _short(value: _Scalar) -> str:
    return repr(value)[:120]
