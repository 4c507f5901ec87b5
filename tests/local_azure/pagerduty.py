"""The pager PagerDuty: events with the key of an alert that is open belong to it; after its end they are a new one."""

from werkzeug import Response

from tests.local_azure.calls import Call, Route, json_answer
from tests.local_azure.desks import DeskTicket

_SEVERITIES = ("critical", "error", "warning", "info")
_LONGEST_SUMMARY = 1024


def enqueue(call: Call) -> Response:
    """Take an event on."""
    event = call.body()
    if not isinstance(event, dict):
        return _invalid("JSON is invalid")
    if event.get("routing_key") != call.world.pagerduty_key:
        return _invalid("'routing_key' is invalid")
    key, alerts = str(event.get("dedup_key", "")), call.world.tickets["pagerduty"]
    known = next((one for one in alerts if one.fields["dedup_key"] == key and one.open), None)
    match event.get("event_action"):
        case "resolve":
            if known:
                known.open = False
        case "trigger":
            payload = event.get("payload") or {}
            summary = str(payload.get("summary", ""))
            if not 0 < len(summary) <= _LONGEST_SUMMARY or payload.get("severity") not in _SEVERITIES:
                return _invalid("'payload.summary' or 'payload.severity' is invalid")
            if known is None:
                known = DeskTicket(len(alerts) + 1, {"dedup_key": key}, call.world.now())
                alerts.append(known)
            known.comments.append(payload)
        case _:
            return _invalid("'event_action' is invalid")
    return json_answer({"status": "success", "message": "Event processed", "dedup_key": key}, 202)


def _invalid(error: str) -> Response:
    return json_answer(
        {"status": "invalid event", "message": "Event object is invalid", "errors": [error]}, 400
    )


ROUTES = (Route("POST", "/v2/enqueue", enqueue),)
