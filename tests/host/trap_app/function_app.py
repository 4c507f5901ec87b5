"""A small app that says what it is given, to show how the worker and the SDK treat a careless one."""

import json
import logging
import sys
from typing import List

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def saw(**seen: object) -> None:
    """Tells the test what has arrived."""
    logging.getLogger("saw").info(json.dumps(seen, default=str))


@app.event_hub_message_trigger(
    "events", "CONNECTION", "text-hub", cardinality=func.Cardinality.MANY, consumer_group="bot"
)
def text_batch(events: List[func.EventHubEvent]) -> None:
    saw(bodies=[event.get_body().decode() for event in events])


@app.event_hub_message_trigger(
    "events",
    "CONNECTION",
    "binary-hub",
    data_type=func.DataType.BINARY,
    cardinality=func.Cardinality.MANY,
    consumer_group="bot",
)
def binary_batch(events: List[func.EventHubEvent]) -> None:
    saw(
        bodies=[event.get_body().hex() for event in events],
        times=[event.enqueued_time for event in events],
        numbers=[event.sequence_number for event in events],
        keys=[event.partition_key for event in events],
    )


@app.event_hub_message_trigger("event", "CONNECTION", "undecided-hub")
def undeclared_cardinality(event: func.EventHubEvent) -> None:
    saw(body=event.get_body().decode(), number=event.sequence_number)


@app.event_hub_message_trigger("events", "CONNECTION", "retried-hub", cardinality=func.Cardinality.MANY)
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:05")
def never_satisfied(events: List[func.EventHubEvent], context: func.Context) -> None:
    saw(attempt=context.retry_context.retry_count, events=len(events))
    raise ValueError("not these")


@app.queue_trigger("message", "trap-jobs", "CONNECTION")
def take(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    saw(id=message.id, deliveries=message.dequeue_count, text=text)
    if "fail" in text:
        raise ValueError("as was asked")


@app.event_grid_trigger("event")
def hear(event: func.EventGridEvent) -> None:
    saw(type=event.event_type, subject=event.subject, id=event.id)


@app.timer_trigger("timer", "not a schedule")
def tick(timer: func.TimerRequest) -> None:
    saw(past_due=timer.past_due)


@app.route("things/{name}", methods=["POST"])
def thing(req: func.HttpRequest) -> func.HttpResponse:
    saw(name=req.route_params["name"], query=dict(req.params), header=req.headers.get("X-Sign"))
    return func.HttpResponse(req.get_body(), status_code=202, headers={"x-answer": "yes"})


@app.route("things/special", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
def special(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"special {req.method}")


@app.route("broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError(f"a detail of {req.url} that no client may see")


@app.timer_trigger("timer", "0 0 * * * *")
def answers_nobody(timer: func.TimerRequest) -> str:
    return f"nobody asked, {timer.past_due}"


@app.timer_trigger("timer", "0 0 * * * *")
def leaves(timer: func.TimerRequest) -> None:
    sys.exit(f"goodbye, {timer.past_due}")
