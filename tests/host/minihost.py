"""The listeners of the Functions host that our app relies on: queues, timers, HTTP and Event Grid's webhook.

They know what a host knows: the declared bindings and host.json. The worker behind them is the real one.
"""

import base64
import binascii
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, override
from urllib.parse import parse_qs, urlsplit

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, QueueMessage

from tests.host.payloads import NOW, Body
from tests.host.worker import FunctionFailed, Host, HttpAnswer, Level, WorkerDied

_LEASE = 600


class MiniHost:
    """A host that moves only when told to, so that a test decides what happens when.

    `visibility` replaces the pause before a failed message is seen again, which is otherwise host.json's.
    `setting` answers for the app settings that a binding names between percent signs.
    """

    def __init__(
        self,
        worker: Host,
        connection: str,
        *,
        visibility: timedelta | None = None,
        setting: Callable[[str], str] = str,
        function_key: str = "a-function-key",
        master_key: str = "a-master-key",
    ) -> None:
        self.worker = worker
        options = worker.settings.get("extensions", {}).get("queues", {})
        self.max_dequeue_count = int(options.get("maxDequeueCount", 5))
        self.batch_size = int(options.get("batchSize", 16))
        self.encoded = options.get("messageEncoding", "base64").lower() == "base64"
        self.visibility = visibility if visibility is not None else _span(options.get("visibilityTimeout"))
        self._setting = setting
        self._levels: dict[str | None, Level] = {function_key: "FUNCTION", master_key: "ADMIN"}
        self._connect = cache(partial(_queue, connection))

    def queue(self, name: str) -> QueueClient:
        """The queue of that name, which exists from now on. What is in it is encoded as host.json says."""
        return self._connect(name)

    def send(self, name: str, text: str) -> None:
        """Puts a message on a queue, encoded as host.json says."""
        self.queue(name).send_message(base64.b64encode(text.encode()).decode() if self.encoded else text)

    def waiting(self, name: str) -> list[str]:
        """The texts of the messages that are on a queue and visible; they stay there."""
        return [self._decoded(message.content) for message in self.queue(name).peek_messages(max_messages=32)]

    def pump(self, function: str) -> int:
        """Polls a function's queue once and lets it handle what is there. How many messages that was."""
        name = self._queue_name(function)
        # One page is one poll: the plain iterator would receive a released message again.
        pages = self.queue(name).receive_messages(
            messages_per_page=self.batch_size, visibility_timeout=_LEASE
        )
        messages = list(next(pages.by_page(), []))
        left = list(messages)
        try:
            while left:
                self._handle(function, name, left[0])
                del left[0]
        except WorkerDied:
            # Nobody renews their leases, and the queue shows them again.
            for message in left:
                self.queue(name).update_message(message, visibility_timeout=0)
            raise
        return len(messages)

    def drain(self, most: int = 100) -> int:
        """Polls every queue until nothing is visible. How many messages that was."""
        handled = 0
        while count := sum(self.pump(function) for function in self.worker.triggered_by("queueTrigger")):
            handled += count
            if handled > most:
                raise AssertionError(f"{handled} messages were handled and there are still more")
        return handled

    def tick(self, function: str, *, past_due: bool = False, at: datetime = NOW) -> None:
        """Lets a timer go off."""
        self.worker.tick(function, past_due=past_due, at=at)

    def stream(
        self, function: str, bodies: Sequence[Body], *, first_sequence: int = 0
    ) -> FunctionFailed | None:
        """Delivers events of one partition, and the failure that the host would only have logged.

        The checkpoint moves on whatever happens: a failed batch is delivered as often as the function's retry
        policy says, and then never again.
        """
        options = self.worker.functions[function].retry_options
        most = max(0, int(options.max_retry_count))
        failure = None
        for attempt in range(most + 1):
            try:
                self.worker.hub(function, bodies, first_sequence=first_sequence, retry=(attempt, most))
            except FunctionFailed as failed:
                failure = failed
            else:
                return None
        return failure

    def deliver(self, function: str, events: Sequence[object]) -> int:
        """Dispatches the events of one Event Grid POST; the status that Event Grid gets.

        One failure is enough for a 500, upon which Event Grid sends all of them again.
        """
        failures = 0
        for event in events:
            try:
                self.worker.grid(function, event)
            except FunctionFailed:
                failures += 1
        return 500 if failures else 202

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """The app on loopback: its HTTP functions under /api, and Event Grid's webhook."""
        return serving(self, port)

    def answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """What a request from outside gets."""
        url = urlsplit(target)
        query = parse_qs(url.query)
        if url.path == "/runtime/webhooks/eventgrid" and method == "POST":
            return self._event_grid(query.get("functionName", [""])[0], body, headers)
        key = headers.get("x-functions-key") or query.get("code", [None])[0]
        return self.worker.http(method, target, body, headers, level=self._levels.get(key, "ANONYMOUS"))

    def _event_grid(self, function: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        name = function.rsplit(".", 1)[-1]
        if name not in self.worker.triggered_by("eventGridTrigger"):
            return HttpAnswer(404, {}, b"")
        try:
            events = json.loads(body)
        except ValueError:
            return HttpAnswer(400, {}, b"")
        match headers.get("aeg-event-type", "").lower():
            case "subscriptionvalidation":
                answer = {"validationResponse": events[0]["data"]["validationCode"]}
                return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(answer).encode())
            case "notification":
                return HttpAnswer(
                    self.deliver(name, events if isinstance(events, list) else [events]), {}, b""
                )
            case "unsubscribe":
                return HttpAnswer(202, {}, b"")
            case _:
                return HttpAnswer(400, {}, b"")

    def _handle(self, function: str, name: str, message: QueueMessage) -> None:
        deliveries = message.dequeue_count or 1
        if deliveries > self.max_dequeue_count:
            self._poison(name, message)
            return
        try:
            text = self._decoded(message.content)
        except (binascii.Error, UnicodeDecodeError):
            # No attempt is made: https://github.com/Azure/azure-sdk-for-net/pull/18326
            self._poison(name, message)
            return
        try:
            self.worker.queue(
                function,
                text,
                dequeue_count=deliveries,
                message_id=message.id,
                pop_receipt=message.pop_receipt or "",
            )
        except FunctionFailed:
            if deliveries >= self.max_dequeue_count:
                self._poison(name, message)
            else:
                self.queue(name).update_message(
                    message, visibility_timeout=int(self.visibility.total_seconds())
                )
        else:
            self.queue(name).delete_message(message)

    def _poison(self, name: str, message: QueueMessage) -> None:
        self.queue(f"{name}-poison").send_message(message.content)
        self.queue(name).delete_message(message)

    def _decoded(self, content: str) -> str:
        return base64.b64decode(content, validate=True).decode() if self.encoded else content

    def _queue_name(self, function: str) -> str:
        declared = str(self.worker.trigger(function, "queueTrigger")["queueName"])
        return self._setting(declared.strip("%")) if declared.startswith("%") else declared


class Answering(Protocol):
    """Whatever answers requests."""

    def answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> HttpAnswer: ...


@contextmanager
def serving(answering: Answering, port: int = 0) -> Iterator[str]:
    """It on loopback; where that is."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(answering))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _queue(connection: str, name: str) -> QueueClient:
    client = QueueClient.from_connection_string(connection, name)
    with suppress(ResourceExistsError):
        client.create_queue()
    return client


def _span(text: str | None) -> timedelta:
    hours, minutes, seconds = map(int, (text or "00:00:00").split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _handler(host: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = host.answer(self.command, self.path, body, headers)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - http.server's

        @override
        def log_message(self, *_: Any) -> None:
            """Nothing: what happened is in the answer."""

    return Handler
