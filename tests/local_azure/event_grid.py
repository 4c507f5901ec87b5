"""The publishing end of an Event Grid custom topic, in either schema."""

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.tokens import EVENT_GRID_AUDIENCE

_LARGEST_BATCH = 1024 * 1024


def publish(call: Call) -> Response:
    """Take a batch of events, or one."""
    call.action = "Microsoft.EventGrid/events/send/action"
    _authorise(call)
    if len(call.request.get_data()) > _LARGEST_BATCH:
        raise RefusedError(_error(413, "PayloadTooLarge", "The batch of events is larger than 1 MB."))
    body = call.body()
    batch = body if isinstance(body, list) else [body]
    events = [
        event for event in batch if isinstance(event, dict) and event.keys() & {"eventType", "specversion"}
    ]
    if len(events) < len(batch):
        raise RefusedError(_error(400, "BadRequest", "The events do not have the schema of the topic."))
    call.world.published_events += events
    return Response(status=200)


def _authorise(call: Call) -> None:
    key = call.request.headers.get("aeg-sas-key")
    claims = call.claims(call.bearer) if call.bearer else None
    if claims is not None and str(claims["aud"]).rstrip("/") == EVENT_GRID_AUDIENCE:
        call.caller = caller_of(claims)
        if not call.world.allows(call.caller, call.action or ""):
            raise RefusedError(_error(403, "Forbidden", "The principal has no right to send events."))
    elif key != call.world.event_grid_key:
        raise RefusedError(
            _error(401, "Unauthorized", "Request must contain one of the following authorization...")
        )


def _error(status: int, code: str, message: str) -> Response:
    return json_answer({"error": {"code": code, "message": message, "details": []}}, status)


ROUTES = (Route("POST", "/api/events", publish),)
