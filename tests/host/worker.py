"""The host's side of the conversation, and the worker in this very process.

`Host` says what the Functions host says; how it reaches a worker is left to its kinds. `FakeHost` calls the
real worker library right here, for speed and for a debugger; `tests.host.grpchost` starts it as a process.
"""

import asyncio
import json
import sys
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Literal, Self, override
from urllib.parse import parse_qs, urlsplit

import azure_functions_runtime as runtime

from tests.host import payloads
from tests.host.payloads import NOW, Binding, Body, Payload
from tests.host.protos import Message, P, over_the_wire
from tests.host.routes import Route

type Level = Literal["ANONYMOUS", "FUNCTION", "ADMIN"]

HANDLERS: Mapping[str, tuple[Message, str]] = {
    "worker_init_request": (runtime.worker_init_request, "worker_init_response"),
    "functions_metadata_request": (runtime.functions_metadata_request, "function_metadata_response"),
    "function_load_request": (runtime.function_load_request, "function_load_response"),
    "invocation_request": (runtime.invocation_request, "invocation_response"),
}
_LEVELS: tuple[Level, ...] = ("ANONYMOUS", "FUNCTION", "ADMIN")
_PATIENCE = 60.0


class FunctionFailed(Exception):
    """The worker answered that the function, or its indexing, raised."""

    def __init__(self, rpc_exception: Message) -> None:
        super().__init__(rpc_exception.message)
        self.stack_trace = str(rpc_exception.stack_trace)


class WorkerDied(Exception):
    """The worker's process ended while it had something in hand."""


class WorkerExited(Exception):
    """A function raised SystemExit, which in Azure ends the worker and everything that it was doing."""


@dataclass(frozen=True)
class Invocation:
    """What a function gave back: its return value and its output bindings."""

    returned: object
    outputs: Mapping[str, object]


@dataclass(frozen=True)
class HttpAnswer:
    """What a client of an HTTP function gets. `failure` is what the host would only have logged."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    failure: FunctionFailed | None = None

    def json(self) -> Any:  # noqa: ANN401 - whatever the function wrote
        """The body, decoded."""
        return json.loads(self.body)


class Host(ABC):
    """Indexes an app's functions and invokes them as the declared bindings would have the host do it."""

    def __init__(self, app: Path) -> None:
        self.app = app.resolve()
        self.functions: dict[str, Message] = {}
        self.settings: dict[str, Any] = _host_json(self.app)

    @abstractmethod
    def _exchange(self, kind: str, request: Message) -> Message:
        """The worker's response to a request of that kind."""

    def start(self) -> Self:
        """Has the worker index the app, then load every function."""
        answer = self._exchange(
            "worker_init_request",
            P.WorkerInitRequest(
                host_version="4.1050.0",
                worker_directory=str(self.app),
                function_app_directory=str(self.app),
                capabilities={"TypedDataCollection": "true", "RawHttpBodyBytes": "true"},
            ),
        )
        _succeeded(answer)
        metadata = self._exchange(
            "functions_metadata_request", P.FunctionsMetadataRequest(function_app_directory=str(self.app))
        )
        _succeeded(metadata)
        for function in metadata.function_metadata_results:
            _succeeded(
                self._exchange(
                    "function_load_request",
                    P.FunctionLoadRequest(function_id=function.function_id, metadata=function),
                )
            )
            self.functions[function.name] = function
        return self

    @abstractmethod
    def stop(self) -> None:
        """Lets go of whatever was started."""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def bindings(self, function: str) -> list[Binding]:
        """What the function declared, as the host reads it."""
        return [json.loads(binding) for binding in self.functions[function].raw_bindings]

    def trigger(self, function: str, kind: str | None = None) -> Binding:
        """The function's trigger, which must be of that kind."""
        found = next(each for each in self.bindings(function) if each["type"].lower().endswith("trigger"))
        if kind is not None and found["type"] != kind:
            raise AssertionError(f"{function} has a {found['type']}, not a {kind}")
        return found

    def triggered_by(self, kind: str) -> dict[str, Binding]:
        """The functions that have a trigger of that kind."""
        return {name: self.trigger(name) for name in self.functions if self.trigger(name)["type"] == kind}

    def grid(self, function: str, event: object) -> Invocation:
        """Delivers one Event Grid event."""
        self.trigger(function, "eventGridTrigger")
        return self.invoke(function, payloads.event(event))

    def hub(
        self,
        function: str,
        bodies: Sequence[Body],
        *,
        partition: str = "0",
        first_sequence: int = 0,
        keys: Sequence[str | None] | None = None,
        enqueued: Sequence[str] | None = None,
        retry: tuple[int, int] = (0, 0),
    ) -> list[Invocation]:
        """Delivers events of one partition: one invocation for all of them, or one for each, as declared."""
        binding = self.trigger(function, "eventHubTrigger")
        if str(binding.get("cardinality", "ONE")).upper() == "MANY":
            together = payloads.batch(
                binding,
                bodies,
                partition=partition,
                first_sequence=first_sequence,
                keys=keys,
                enqueued=enqueued,
            )
            return [self.invoke(function, together, retry=retry)]
        return [
            self.invoke(
                function,
                payloads.single(
                    binding,
                    body,
                    sequence=first_sequence + position,
                    key=keys[position] if keys else None,
                    enqueued=enqueued[position] if enqueued else None,
                ),
                retry=retry,
            )
            for position, body in enumerate(bodies)
        ]

    def queue(
        self,
        function: str,
        body: Body,
        *,
        dequeue_count: int = 1,
        message_id: str | None = None,
        pop_receipt: str = "AgAAAA==",
    ) -> Invocation:
        """Delivers one queue message, already decoded."""
        self.trigger(function, "queueTrigger")
        message = payloads.queue_message(
            body, dequeue_count=dequeue_count, message_id=message_id, pop_receipt=pop_receipt
        )
        return self.invoke(function, message)

    def tick(self, function: str, *, past_due: bool = False, at: datetime = NOW) -> Invocation:
        """Lets a timer go off."""
        self.trigger(function, "timerTrigger")
        return self.invoke(function, payloads.tick(past_due=past_due, at=at))

    def http(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        level: Level = "FUNCTION",
        traceparent: str = "",
    ) -> HttpAnswer:
        """Answers a request from somebody whose key is good for `level`, as the host would.

        A request without a route, or without the key that the route asks for, never reaches the worker.
        """
        url = urlsplit(target)
        for route in self._routes():
            parameters = route.match(method, url.path)
            if parameters is None:
                continue
            if _LEVELS.index(level) < _LEVELS.index(self._level(route.function)):
                return HttpAnswer(401, {}, b"")
            query = {name: ",".join(values) for name, values in parse_qs(url.query, True).items()}
            payload = payloads.request(
                method,
                f"http://localhost{target}",
                body=body,
                headers=headers,
                route=parameters,
                query=query,
            )
            try:
                invocation = self.invoke(route.function, payload, traceparent=traceparent)
            except FunctionFailed as failure:
                return HttpAnswer(500, {}, b"", failure)
            return _http_answer(invocation.returned)
        return HttpAnswer(404, {}, b"")

    def invoke(
        self, function: str, payload: Payload, *, retry: tuple[int, int] = (0, 0), traceparent: str = ""
    ) -> Invocation:
        """Invokes a function with a payload that the test vouches for; the other verbs derive theirs."""
        attempt, most = retry
        answer = self._exchange(
            "invocation_request",
            P.InvocationRequest(
                invocation_id=str(uuid.uuid4()),
                function_id=self.functions[function].function_id,
                input_data=[P.ParameterBinding(name=self.trigger(function)["name"], data=payload.data)],
                trigger_metadata=payload.metadata,
                trace_context=P.RpcTraceContext(trace_parent=traceparent),
                retry_context=P.RetryContext(retry_count=attempt, max_retry_count=most),
            ),
        )
        _succeeded(answer)
        return Invocation(
            payloads.read(answer.return_value),
            {output.name: payloads.read(output.data) for output in answer.output_data},
        )

    def _routes(self) -> list[Route]:
        prefix = self.settings.get("extensions", {}).get("http", {}).get("routePrefix", "api")
        routes = [
            Route(
                function,
                "/".join(part.strip("/") for part in (prefix, binding.get("route") or function) if part),
                frozenset(str(method).upper() for method in binding.get("methods") or ("GET", "POST")),
            )
            for function, binding in self.triggered_by("httpTrigger").items()
        ]
        return sorted(routes, key=lambda route: route.precedence)

    def _level(self, function: str) -> Level:
        declared = str(self.trigger(function).get("authLevel", "FUNCTION")).upper()
        return next(level for level in _LEVELS if level == declared)


class FakeHost(Host):
    """A host whose worker runs in this process, on an event loop of its own.

    Several threads may invoke at the same time, as the real host does. One process can hold one app, because
    the worker keeps its functions in a module.
    """

    def __init__(self, app: Path) -> None:
        super().__init__(app)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="functions-worker", daemon=True)

    @override
    def start(self) -> Self:
        sys.path.insert(0, str(self.app))
        self._thread.start()
        runtime.start_threadpool_executor()
        return super().start()

    @override
    def stop(self) -> None:
        runtime.stop_threadpool_executor()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        sys.path.remove(str(self.app))

    @override
    def _exchange(self, kind: str, request: Message) -> Message:
        handler, _ = HANDLERS[kind]
        message = over_the_wire(P.StreamingMessage(request_id=str(uuid.uuid4()), **{kind: request}))
        envelope = SimpleNamespace(name=kind, request=message, properties={"protos": P, "host": "127.0.0.1"})
        answer = asyncio.run_coroutine_threadsafe(_survived(handler(envelope)), self._loop)
        return over_the_wire(answer.result(_PATIENCE))


async def _survived(handling: Coroutine[Any, Any, Message]) -> Message:
    """The answer. A SystemExit would end the event loop's thread and leave the caller waiting."""
    try:
        return await handling
    except SystemExit as exit_:
        raise WorkerExited(f"a function ended the worker: {exit_.code}") from exit_


def _succeeded(answer: Message) -> None:
    if answer.result.status != P.StatusResult.Success:
        raise FunctionFailed(answer.result.exception)


def _http_answer(returned: Any) -> HttpAnswer:  # noqa: ANN401 - RpcHttp, of the untyped messages
    body = payloads.read(returned.body)
    return HttpAnswer(
        int(returned.status_code or 200),
        dict(returned.headers),
        body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, bytes) else b"",
    )


def _host_json(app: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads((app / "host.json").read_text())
    except FileNotFoundError:
        return {}
    return settings
