"""The triggers. Each decodes what the host hands it and passes it on; everything else is built at first use.

Nothing but azure.functions is imported here, so that an idle app starts as fast as an empty one.
"""

import json
import logging
from functools import cache
from typing import TYPE_CHECKING, List

import azure.functions as func

if TYPE_CHECKING:
    from composition import App

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
log = logging.getLogger("push_medic")


@cache
def _app() -> "App":
    from composition import build

    return build()


# dataType binary: the host drops empty texts from a batch but keeps their metadata, and then no record of the
# batch reaches us; empty bytes it keeps.
@app.function_name("diagnostic_logs")
@app.event_hub_message_trigger(
    arg_name="events",
    event_hub_name="%PUSH_MEDIC_EVENT_HUB%",
    connection="PushMedicEventHub",
    cardinality=func.Cardinality.MANY,
    data_type=func.DataType.BINARY,
)
def diagnostic_logs(events: List[func.EventHubEvent]) -> None:
    """The registries' diagnostic logs, as Azure Monitor streams them."""
    batch = _app().take_rows(event.get_body() for event in events)
    _log("rows", signals=len(batch.signals), rejected=len(batch.rejections), uneventful=batch.uneventful)


@app.function_name("registry_events")
@app.event_grid_trigger(arg_name="event")
def registry_events(event: func.EventGridEvent) -> None:
    """Events of the registries and of their subscription, in either schema: pushes that succeeded, and drift."""
    _log("event", outcome=_app().take_event(event))


@app.function_name("pipeline_events")
@app.event_grid_trigger(arg_name="event")
def pipeline_events(event: func.EventGridEvent) -> None:
    """Failed pushes that pipelines report on a custom topic, in either schema."""
    _log("report", outcome=_app().take_pipeline_event(event))


# One function for both, because a key may be good for one function alone.
@app.function_name("push_report")
@app.route(route="push-reports/{receipt?}", methods=["POST", "GET"])
def push_report(req: func.HttpRequest) -> func.HttpResponse:
    """A failed push that a pipeline reports, with the text that its client printed and, if it has one, its token.

    Afterwards it asks with its receipt what became of it.
    """
    receipt = req.route_params.get("receipt", "")
    if req.method == "GET":
        status, answer = _app().tell_of_report(receipt)
        _log("standing", status=status, state=answer.get("state"))
    elif receipt:
        return func.HttpResponse(status_code=405)
    else:
        status, answer = _app().take_report(
            req.get_body(), req.headers.get("x-forwarded-for", ""), req.headers.get("authorization", "")
        )
        _log("report", outcome=answer["outcome"], token=answer.get("token"))
    if req.headers.get("accept", "") == "text/plain":
        from remediations.plain import lines

        return func.HttpResponse(lines(answer), status_code=status, mimetype="text/plain")
    return func.HttpResponse(json.dumps(answer), status_code=status, mimetype="application/json")


@app.function_name("approval")
@app.route(route="approvals/{id}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def approval(req: func.HttpRequest) -> func.HttpResponse:
    """The page on which a person who signed in agrees to a change, or not. Looking at it changes nothing."""
    from remediations.approval_page import Asking

    page = _app().take_approval(
        Asking(
            method=req.method,
            approval=req.route_params.get("id", ""),
            principal=req.headers.get("x-ms-client-principal", ""),
            fetch_site=req.headers.get("sec-fetch-site", ""),
            content_type=req.headers.get("content-type", ""),
            body=req.get_body(),
        )
    )
    _log("approval", method=req.method, status=page.status if page else 404)
    if page is None:
        return func.HttpResponse(status_code=404)
    return func.HttpResponse(page.html, status_code=page.status, headers=dict(page.headers))


@app.function_name("incidents")
@app.route(route="incidents/{id?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def incidents(req: func.HttpRequest) -> func.HttpResponse:
    """The page on which people who signed in look at everything, or at one incident. Nothing can be changed here."""
    from remediations.incidents_page import Looking

    principal = req.headers.get("x-ms-client-principal", "")
    page = _app().take_look(Looking(principal, req.route_params.get("id", "")))
    _log("incidents", status=page.status if page else 404)
    if page is None:
        return func.HttpResponse(status_code=404)
    return func.HttpResponse(page.html, status_code=page.status, headers=dict(page.headers))


@app.function_name("respond")
@app.queue_trigger(arg_name="message", queue_name="push-medic", connection="AzureWebJobsStorage")
def respond(message: func.QueueMessage) -> None:
    """Work: look into an incident, take a change back, send a message."""
    _app().carry_out(message.get_body())


@app.function_name("poisoned")
@app.queue_trigger(arg_name="message", queue_name="push-medic-poison", connection="AzureWebJobsStorage")
def poisoned(message: func.QueueMessage) -> None:
    """Work that failed again and again goes to people."""
    _app().give_up(message.get_body())
    _log("poisoned")


@app.function_name("sweep")
@app.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    """Every minute: undo what is due, pick up what a dead worker left, send what waits."""
    _log("sweep", late=timer.past_due, unsent=_app().sweep())


@app.function_name("catch_up")
@app.timer_trigger(arg_name="timer", schedule="30 */5 * * * *", run_on_startup=False)
def catch_up(timer: func.TimerRequest) -> None:
    """Every five minutes: failures that Log Analytics knows of and the stream lost."""
    _log("catch_up", late=timer.past_due, outcome=_app().catch_up())


@app.function_name("storage_watch")
@app.timer_trigger(arg_name="timer", schedule="0 7 * * * *", run_on_startup=False)
def storage_watch(timer: func.TimerRequest) -> None:
    """Every hour: how full each registry is."""
    _app().watch_storage()
    _log("storage_watch", late=timer.past_due)


def _log(what: str, **facts: object) -> None:
    log.info(json.dumps({"ev": what, **facts}))
