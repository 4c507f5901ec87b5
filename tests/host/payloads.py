"""What the Functions host puts into an invocation, trigger by trigger.

The shape always follows from the binding that the function declared: a test that chose a shape of its own
would stay green after the declaration had changed.

Sources: azure-functions-host, `GrpcMessageConversionExtensions` (ToRpc, ToRpcByteArray, ToRpcStringArray);
azure-webjobs-sdk, `Utility.ApplyBindingData`; the extensions' trigger bindings; and the decoders of the SDK.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.host.protos import Message, P

type Binding = dict[str, Any]
type Body = bytes | str | Mapping[str, object] | Sequence[object]

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
_LIFETIME = timedelta(days=7)
_LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Payload:
    """The data of an invocation and the trigger metadata beside it."""

    data: Message
    metadata: Mapping[str, Message] = field(default_factory=dict)


def event(one: object) -> Payload:
    """One event; a webhook's array never gets this far."""
    metadata = {"data": _json(one["data"])} if isinstance(one, dict) and one.get("data") is not None else {}
    return Payload(_json(one), metadata)


def batch(
    binding: Binding,
    bodies: Sequence[Body],
    *,
    partition: str = "0",
    first_sequence: int = 0,
    keys: Sequence[str | None] | None = None,
    enqueued: Sequence[str] | None = None,
) -> Payload:
    """Events of one partition for a trigger that takes many at once.

    Binary: every body, the empty ones too. Otherwise: the host drops empty strings and keeps their metadata.
    """
    if _is_binary(binding):
        data = P.TypedData(collection_bytes=P.CollectionBytes(bytes=[_bytes(body) for body in bodies]))
    else:
        texts = [_text(body) for body in bodies]
        data = P.TypedData(collection_string=P.CollectionString(string=[text for text in texts if text]))
    properties = [
        _system_properties(
            first_sequence + position,
            keys[position] if keys else None,
            enqueued[position] if enqueued else _iso(NOW),
        )
        for position in range(len(bodies))
    ]
    return Payload(
        data,
        {
            "SystemPropertiesArray": _json(properties),
            "PropertiesArray": _json([{} for _ in bodies]),
            **{f"{name}Array": _json([each[name] for each in properties]) for name in _SYSTEM_PROPERTIES},
            "PartitionContext": _json(
                {
                    "PartitionId": partition,
                    "EventHubName": binding.get("eventHubName"),
                    "ConsumerGroup": binding.get("consumerGroup", "$Default"),
                }
            ),
        },
    )


def single(
    binding: Binding, body: Body, *, sequence: int = 0, key: str | None = None, enqueued: str | None = None
) -> Payload:
    """One event for a trigger that takes them one by one."""
    properties = _system_properties(sequence, key, enqueued or _iso(NOW))
    return Payload(
        P.TypedData(bytes=_bytes(body)) if _is_binary(binding) else P.TypedData(string=_text(body)),
        {
            "SystemProperties": _json(properties),
            "Properties": _json({}),
            "SequenceNumber": _json(sequence),
            "Offset": P.TypedData(string=str(properties["Offset"])),
            "EnqueuedTimeUtc": _json(properties["EnqueuedTimeUtc"]),
        },
    )


def queue_message(
    body: Body, *, dequeue_count: int = 1, message_id: str | None = None, pop_receipt: str = "AgAAAA=="
) -> Payload:
    """A queue message, whose own top-level JSON properties replace the metadata of the same name."""
    text = _text(body)
    metadata = {
        "QueueTrigger": P.TypedData(string=text),
        "Id": P.TypedData(string=message_id or str(uuid.uuid4())),
        "PopReceipt": P.TypedData(string=pop_receipt),
        "DequeueCount": _json(dequeue_count),
        "InsertionTime": _json(_iso(NOW)),
        "ExpirationTime": _json(_iso(NOW + _LIFETIME)),
        "NextVisibleTime": _json(_iso(NOW + _LEASE)),
    }
    known = {name.lower(): name for name in metadata}
    for name, value in _properties(text).items():
        if value is not None and not isinstance(value, list):
            metadata[known.get(name.lower(), name)] = (
                _json(value) if isinstance(value, dict) else P.TypedData(string=str(value))
            )
    return Payload(P.TypedData(string=text), metadata)


def tick(*, past_due: bool = False, at: datetime = NOW, every: timedelta = timedelta(minutes=5)) -> Payload:
    """A timer that went off."""
    status = {"Last": _iso(at - every), "Next": _iso(at + every), "LastUpdated": _iso(at - every)}
    return Payload(
        _json({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}),
        {"TimerTrigger": P.TypedData(string=_iso(at))},
    )


def request(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Payload:
    """An HTTP request that the host has routed."""
    return Payload(
        P.TypedData(
            http=P.RpcHttp(
                method=method.upper(),
                url=url,
                headers={name.lower(): value for name, value in (headers or {}).items()},
                params=route or {},
                query=query or {},
                body=P.TypedData(bytes=body) if body else None,
            )
        )
    )


def read(data: Message) -> object:
    """What a piece of TypedData says."""
    match data.WhichOneof("data"):
        case None:
            return None
        case "json":
            return json.loads(data.json)
        case kind:
            return getattr(data, kind)


_SYSTEM_PROPERTIES = ("SequenceNumber", "Offset", "PartitionKey", "EnqueuedTimeUtc")
_EVENT_SIZE = 64


def _system_properties(sequence: int, key: str | None, enqueued: str) -> dict[str, object]:
    return dict(zip(_SYSTEM_PROPERTIES, (sequence, str(sequence * _EVENT_SIZE), key, enqueued), strict=True))


def _is_binary(binding: Binding) -> bool:
    return str(binding.get("dataType", "")).lower() == "binary"


def _json(value: object) -> Message:
    return P.TypedData(json=json.dumps(value))


def _text(body: Body) -> str:
    match body:
        case str():
            return body
        case bytes():
            return body.decode(errors="replace")
        case _:
            return json.dumps(body)


def _bytes(body: Body) -> bytes:
    return body if isinstance(body, bytes) else _text(body).encode()


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _properties(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
