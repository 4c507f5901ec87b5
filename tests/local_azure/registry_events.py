"""The events of a registry's system topic. There is none for a failed push, and none for a tag that is taken off."""

from typing import Any
from uuid import uuid4

from tests.local_azure.calls import Call
from tests.local_azure.clock import nine_decimals
from tests.local_azure.events import Event, new_id
from tests.local_azure.images import HELM_CONFIG
from tests.local_azure.world import Manifest


def image_pushed(call: Call, repository: str, tag: str, manifest: Manifest) -> None:
    """Tell that a manifest was pushed under a tag; a Helm chart has event types of its own."""
    chart = _is_chart(manifest)
    target: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "size": len(manifest.content),
        "digest": manifest.digest,
        "length": len(manifest.content),
        "repository": repository,
        "tag": tag,
    }
    if chart:
        target |= {"name": repository.rpartition("/")[2], "version": tag}
    kind, action = ("ChartPushed", "chart_push") if chart else ("ImagePushed", "push")
    _raise(call, kind, action, f"{repository}:{tag}", target)


def image_deleted(call: Call, repository: str, manifest: Manifest) -> None:
    """Tell that a manifest was removed."""
    chart = _is_chart(manifest)
    target = {"mediaType": manifest.media_type, "digest": manifest.digest, "repository": repository}
    kind, action = ("ChartDeleted", "chart_delete") if chart else ("ImageDeleted", "delete")
    _raise(call, kind, action, repository, target)


def _is_chart(manifest: Manifest) -> bool:
    return (manifest.document.get("config") or {}).get("mediaType") == HELM_CONFIG


def _raise(call: Call, kind: str, action: str, subject: str, target: dict[str, Any]) -> None:
    registry, now = call.registry, call.world.now()
    extra: list[tuple[str, Any]] = [("location", registry.location)]
    if registry.connected_registry:
        extra.append(("connectedRegistry", {"name": registry.connected_registry}))
    data = {
        "id": str(uuid4()),
        "timestamp": nine_decimals(now),
        "action": action,
        "target": target,
        "request": {
            "id": str(uuid4()),
            "host": registry.login_server,
            "method": call.request.method,
            "useragent": call.user_agent,
        },
    }
    call.world.emit(
        Event(
            id=new_id(),
            type=f"Microsoft.ContainerRegistry.{kind}",
            subject=subject,
            topic=registry.resource_id,
            time=now,
            data=data,
            only_in_event_grid_schema=tuple(extra),
        )
    )
