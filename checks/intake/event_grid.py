"""Event Grid events in, news out. Both schemas are understood; either arrives at a trigger as one `Event`.

ACR publishes no event for a failed push, so events never open an incident by themselves
(https://learn.microsoft.com/azure/event-grid/event-schema-container-registry).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from checks.model import Image, Registry, Rejection, Value
from checks.names import is_digest, is_repository, is_tag

_SOURCE: Final = "event_grid"
_EXCERPT: Final = 500
_ID: Final = re.compile(r"[0-9A-Fa-f-]{1,64}", re.ASCII)
_PUSHED: Final = ("Microsoft.ContainerRegistry.ImagePushed", "Microsoft.ContainerRegistry.ChartPushed")
_DELETED: Final = ("Microsoft.ContainerRegistry.ImageDeleted", "Microsoft.ContainerRegistry.ChartDeleted")
_WRITTEN: Final = "Microsoft.Resources.ResourceWriteSuccess"
_REGISTRY_WRITE: Final = "microsoft.containerregistry/registries/write"
_OBJECT_ID: Final = "http://schemas.microsoft.com/identity/claims/objectidentifier"


class Event(Value, frozen=True):
    """What the Event Grid schema and the CloudEvents schema have in common. `topic` is CloudEvents' `source`."""

    id: str
    topic: str
    type: str
    at: datetime
    data: object


class Pushed(Value, frozen=True):
    """A push succeeded: the last word on every failure of the same image before it."""

    registry: str
    image: Image
    at: datetime


class RegistryWritten(Value, frozen=True):
    """Somebody changed the registry's settings.

    `by` is an object id, and `app` the id of the application that it was done with. Neither is ever a person's
    name, which the event holds too.
    """

    registry: str
    by: str
    app: str
    at: datetime
    event_id: str


class Uneventful(Value, frozen=True):
    """An event that is understood and needs nothing."""


class _Target(msgspec.Struct):
    repository: str
    tag: str | None = None
    digest: str | None = None


class _PushData(msgspec.Struct):
    target: _Target


class _WriteData(msgspec.Struct, rename="camel"):
    resource_uri: str = ""
    operation_name: str = ""
    claims: object = None


def read_event(
    event: Event, registries: Mapping[str, Registry]
) -> Pushed | RegistryWritten | Uneventful | Rejection:
    """What an event of a registry, or of its subscription, tells. `registries` is keyed by resource id."""
    try:
        if event.type in _PUSHED:
            return _pushed(event, registries)
        if event.type == _WRITTEN:
            return _written(event, registries)
    except msgspec.ValidationError as broken:
        return _reject(event, "not_this_event", str(broken))
    if event.type in _DELETED:
        return Uneventful()
    return _reject(event, "unknown_event_type", f"{event.type!r:.120}")


def _pushed(event: Event, registries: Mapping[str, Registry]) -> Pushed | Rejection:
    registry = registries.get(event.topic.lower())
    if registry is None:
        return _reject(event, "unknown_registry", f"{event.topic!r:.200}")
    target = msgspec.convert(event.data, _PushData).target
    tag = target.tag or None
    digest = target.digest or None
    legal = (
        is_repository(target.repository)
        and (tag is None or is_tag(tag))
        and (digest is None or is_digest(digest))
    )
    if not legal:
        return _reject(event, "illegal_name", f"{target.repository!r:.120} {tag!r:.140}")
    image = Image(repository=target.repository, tag=tag, digest=digest)
    return Pushed(registry=registry.name, image=image, at=event.at)


def _written(event: Event, registries: Mapping[str, Registry]) -> RegistryWritten | Uneventful | Rejection:
    data = msgspec.convert(event.data, _WriteData)
    if data.operation_name.lower() != _REGISTRY_WRITE:
        return Uneventful()
    registry = registries.get(data.resource_uri.lower())
    if registry is None:
        return _reject(event, "unknown_registry", f"{data.resource_uri!r:.200}")
    claims = data.claims if isinstance(data.claims, dict) else {}
    app = _id(claims.get("appid"))
    by = _id(claims.get(_OBJECT_ID)) or app or "unknown"
    return RegistryWritten(registry=registry.name, by=by, app=app, at=event.at, event_id=event.id)


def _id(claim: object) -> str:
    """The claim if it is an id: whatever else stands there is somebody's name, or somebody's text."""
    return claim if isinstance(claim, str) and _ID.fullmatch(claim) else ""


def _reject(event: Event, reason: str, detail: str) -> Rejection:
    return Rejection(source=_SOURCE, reason=reason, detail=detail, excerpt=f"{event.id!r:.{_EXCERPT}}")
