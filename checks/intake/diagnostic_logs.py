"""Diagnostic log rows in, signals out.

The rows are the registry's own, from Event Hubs or from Log Analytics (shapes: Azure Monitor resource logs,
ContainerRegistryRepositoryEvents and ContainerRegistryLoginEvents). `resultType` is a constant there; the HTTP
status is the text in `resultDescription`, and a missing value is the text "<nil>".
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from checks.addresses import client_in
from checks.intake.overtaken import Overtaken, Success, parted
from checks.model import CauseName, Image, Proof, Registry, Rejection, Signal, Source, Symptom
from checks.names import is_digest, is_repository, is_tag

_REPOSITORY_EVENTS: Final = "ContainerRegistryRepositoryEvents"
_LOGIN_EVENTS: Final = "ContainerRegistryLoginEvents"
_PUSH: Final = "Push"
_LOGIN: Final = "Login"
# A name, a manifest or a size that the client should not have sent, or a client that went away (499, as nginx says
# it): whoever pushed was told why, and nobody else can do anything about it.
CLIENTS_OWN: Final = ("400", "404", "413", "415", "416", "499")
_SIGNS: Final = {
    (_PUSH, "401"): (Symptom.UNAUTHORIZED, CauseName.PERMISSION_DENIED),
    (_PUSH, "403"): (Symptom.UNAUTHORIZED, CauseName.PERMISSION_DENIED),
    (_PUSH, "405"): (Symptom.PUSH_DISALLOWED, None),
    (_PUSH, "408"): (Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT),
    (_PUSH, "429"): (Symptom.THROTTLED, CauseName.THROTTLED),
    (_LOGIN, "401"): (Symptom.UNAUTHORIZED, CauseName.AUTHENTICATION_FAILED),
    (_LOGIN, "403"): (Symptom.ADDRESS_DENIED, None),
    (_LOGIN, "429"): (Symptom.THROTTLED, CauseName.THROTTLED),
}
_STATUS: Final = re.compile(r"[4-9]\d\d", re.ASCII)
_LONGEST_IDENTITY: Final = 200
_EXCERPT: Final = 500
_LARGEST_BODY: Final = 8 * 1024 * 1024

type _Scalar = str | int | float | bool | None
type _Sign = tuple[Symptom, CauseName | None]

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
    """What became of some bodies: signals, what was rejected, and how many rows were nothing to us.

    `overtaken` are failures, among those rows, that a success in the same bodies came after.
    """

    signals: list[Signal] = []
    overtaken: list[Overtaken] = []
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

    Never raises for anything in a body: what cannot be used becomes a rejection, and its neighbours are read. A
    failure that a success in the same bodies has overtaken is no signal.
    """
    batch, succeeded = Batch(), list[_Row]()
    for body in bodies:
        for row in _rows_of(body, batch, source):
            _sort(row, batch, succeeded, registries, source)
    if batch.signals:
        successes = _successes(succeeded, batch.signals, registries)
        batch.signals, batch.overtaken = parted(batch.signals, successes)
        batch.uneventful += len(batch.overtaken)
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
        apart = _pieces(body)
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


def _pieces(body: bytes) -> list[msgspec.Raw]:
    """The rows of a body, still unread; those of one that is no JSON as well, where that is one row's fault."""
    try:
        return _split(body)
    except msgspec.ValidationError:
        raise
    except _UNREADABLE:
        return _split(_tolerated(body))


def _split(body: bytes) -> list[msgspec.Raw]:
    if body.lstrip()[:1] == b"[":
        return _raw_rows.decode(body)
    records = _apart.decode(body).records
    return [msgspec.Raw(body)] if records is msgspec.UNSET else records


def _tolerated(body: bytes) -> bytes:
    """The same as JSON: without control characters, NaN, and half pairs of surrogates as a text has that was cut."""
    try:
        read = json.loads(body.decode("utf-8", "replace"), strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return body
    return json.dumps(read, ensure_ascii=False).encode("utf-8", "replace")


def _sort(
    row: _Row, batch: Batch, succeeded: list[_Row], registries: Mapping[str, Registry], source: Source
) -> None:
    """Put one row where it belongs."""
    known = row.category in (_REPOSITORY_EVENTS, _LOGIN_EVENTS)
    status = str(row.resultDescription)[:1]
    if known and status in ("1", "2", "3"):
        batch.uneventful += 1
        if status == "2" and _operation(row) in (_PUSH, _LOGIN):
            succeeded.append(row)
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


def _successes(
    rows: Iterable[_Row], failed: Iterable[Signal], registries: Mapping[str, Registry]
) -> Iterator[Success]:
    """The successes that may have to do with what failed. Nearly none has, so the others are hardly looked at."""
    repositories = {signal.image.repository for signal in failed if signal.image}
    addresses = {signal.address for signal in failed if not signal.image}
    for row in rows:
        about = _operation(row) == _PUSH and _repository(row) in repositories
        if not about and not (addresses and _address(row) in addresses):
            continue
        registry = registries.get(str(row.resourceId).lower())
        at = _time(row.time)
        image = _image(row) if _operation(row) == _PUSH else None
        if registry and at and not isinstance(image, str):
            yield Success(registry.name, image, _identity(row), _address(row), at)


def _operation(row: _Row) -> str:
    return str(row.operationName).capitalize()


def _repository(row: _Row) -> _Scalar:
    try:
        return _properties.decode(row.properties or b"{}").repository
    except _UNREADABLE:
        return None


def _signal(row: _Row, registries: Mapping[str, Registry], source: Source) -> Signal | Rejection | None:
    """What a row that did not succeed tells, if it is about a push or a login."""
    operation, status = _operation(row), _given(row.resultDescription)
    if operation not in (_PUSH, _LOGIN):
        return None
    registry = registries.get((_given(row.resourceId) or "").lower())
    if registry is None:
        return _reject(row, source, "unknown_registry", _short(row.resourceId))
    at = _time(row.time)
    if at is None:
        return _reject(row, source, "no_time", f"time is {_short(row.time)}")
    identity, status = _identity(row), str(status)
    if identity is None and status == "401":
        return None
    sign = _sign(operation, status, anonymous=identity is None)
    if sign is None:
        reason = "clients_own_fault" if status in CLIENTS_OWN else "no_check_for_status"
        return _reject(row, source, reason, f"{operation} {_short(status)}")
    return _sign_of(row, operation, registry, at, source, sign)


def _sign_of(
    row: _Row, operation: str, registry: Registry, at: datetime, source: Source, sign: _Sign
) -> Signal | Rejection:
    symptom, said = sign
    identity, address = _identity(row), _address(row)
    image = _image(row) if operation == _PUSH else None
    if isinstance(image, str):
        reason = "not_a_row" if image.startswith("properties") else "illegal_name"
        return _reject(row, source, reason, image)
    if symptom is Symptom.PUSH_DISALLOWED and image is None:
        return _reject(row, source, "illegal_name", "repository None")
    if symptom is Symptom.ADDRESS_DENIED and address is None:
        return _reject(row, source, "no_address", _short(row.callerIpAddress))
    about = (str(each or "") for each in (image, identity, address))
    whose = f" of {image}" if image else ""
    by = f" by {identity}" if identity else ""
    whence = f" from {address}" if address else ""
    return Signal(
        id=_row_id(row, at, operation, str(row.resultDescription), *about),
        source=source,
        at=at,
        registry=registry.name,
        symptom=symptom,
        image=image,
        address=address,
        identity=identity,
        said=said,
        proof=Proof.REGISTRY_LOG,
        excerpt=f"{operation}{whose}{by}{whence} was answered with {row.resultDescription}",
    )


def _sign(operation: str, status: str, *, anonymous: bool) -> _Sign | None:
    """The symptom of a status, and the cause that it names by itself; None where it is nobody's to see to.

    Every login begins with an anonymous 401, and anybody on the Internet can cause one: only who said who he is
    was refused. A 403 to nobody in particular comes before authentication, and so from the firewall.
    """
    if anonymous and status == "403":
        return Symptom.ADDRESS_DENIED, None
    if status.startswith("5") and _STATUS.fullmatch(status):
        return Symptom.SERVER_ERROR, CauseName.SERVER_ERROR
    odd = operation == _PUSH and _STATUS.fullmatch(status) and status not in CLIENTS_OWN
    return _SIGNS.get((operation, status)) or ((Symptom.UNEXPLAINED, None) if odd else None)


def _image(row: _Row) -> Image | str | None:
    """What the row says was pushed, or what is wrong with that. A layer is pushed without a reference."""
    try:
        properties = _properties.decode(row.properties or b"{}")
    except _UNREADABLE as broken:
        return f"properties: {broken}"
    repository, reference = _given(properties.repository), _given(properties.tag)
    digest = _given(properties.digest)
    if repository is None:
        return None
    if not is_repository(repository):
        return f"repository {_short(repository)}"
    if reference and is_digest(reference):
        digest, reference = reference, None
    if (reference and not is_tag(reference)) or (digest and not is_digest(digest)):
        return f"reference {_short(reference)} {_short(digest)}"
    return Image(repository=repository, tag=reference, digest=digest)


def _row_id(row: _Row, at: datetime, *about: str) -> str:
    """The same for a row however it reached us: the stream and the table hold the same values.

    To the second, because the two keep fractions of it in their own ways; the correlation id tells the rest.
    """
    parts = (
        str(row.resourceId).lower(),
        at.replace(microsecond=0).isoformat(),
        _given(row.correlationId) or "",
        *about,
    )
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def _given(value: _Scalar) -> str | None:
    """The value as text; the log's "<nil>", an empty text and an absent value are all no value."""
    return None if value in (None, "", "<nil>") else str(value)


def _time(value: _Scalar) -> datetime | None:
    """The time in UTC. One at either end of the calendar may be none there."""
    try:
        at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _address(row: _Row) -> str | None:
    text = _given(row.callerIpAddress)
    return client_in(text) if text else None


def _identity(row: _Row) -> str | None:
    try:
        identity = _given(_text.decode(row.identity)) if row.identity else None
    except _UNREADABLE:
        return None
    return identity[:_LONGEST_IDENTITY] if identity else None


def _reject(row: _Row, source: Source, reason: str, detail: str) -> Rejection:
    return Rejection(source=source, reason=reason, detail=detail, excerpt=_excerpt(msgspec.json.encode(row)))


def _excerpt(body: bytes) -> str:
    return body[:_EXCERPT].decode("utf-8", "replace")


def _short(value: _Scalar) -> str:
    return repr(value)[:120]
