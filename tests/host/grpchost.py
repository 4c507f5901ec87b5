"""A host whose worker is a process of its own, spoken to over gRPC as in Azure.

For an app that must not share a process with another, and to see that nothing rests on sharing one with us.
"""

import concurrent.futures
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self, override

import grpc

from tests.host.azurite import ROOT
from tests.host.protos import Message, P
from tests.host.worker import HANDLERS, Host, WorkerDied

_PATIENCE = 60.0
_GLANCE = 0.2


class GrpcHost(Host):
    """Starts the worker, speaks to it, keeps what it logs, and ends it."""

    def __init__(
        self,
        app: Path,
        environment: Mapping[str, str] | None = None,
        *,
        program: str = "tests.host.miniworker",
    ) -> None:
        super().__init__(app)
        self._program = program
        self.logs: list[Message] = []
        self._sent: queue.Queue[Message] = queue.Queue()
        self._answers: dict[str, queue.Queue[Message]] = {}
        self._connected = threading.Event()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        P.add_FunctionRpcServicer_to_server(_service(self._converse), self._server)
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @override
    def start(self) -> Self:
        self._server.start()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                self._program,
                "--host=127.0.0.1",
                f"--port={self._port}",
                f"--worker-id={uuid.uuid4()}",
            ],
            cwd=ROOT,
            env=self._environment,
        )
        if not self._connected.wait(_PATIENCE):
            raise TimeoutError("the worker did not connect")
        return super().start()

    @override
    def stop(self) -> None:
        self._sent.put(None)
        if self._process is not None:
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._server.stop(None).wait()

    def saw(self) -> list[object]:
        """What the app has logged to the logger `saw`, as JSON, since this was last asked."""
        seen = [json.loads(line.message) for line in self.logs if line.category == "saw"]
        self.logs.clear()
        return seen

    @override
    def _exchange(self, kind: str, request: Message) -> Message:
        _, field = HANDLERS[kind]
        request_id = str(uuid.uuid4())
        answer = self._answers.setdefault(request_id, queue.Queue())
        self._sent.put(P.StreamingMessage(request_id=request_id, **{kind: request}))
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            # Whoever is dead now has said before whatever it still could say.
            dead = self._process is not None and self._process.poll() is not None
            with contextlib.suppress(queue.Empty):
                return getattr(answer.get(timeout=_GLANCE), field)
            if dead:
                raise WorkerDied
        raise TimeoutError("the worker does not answer")

    def _converse(self, incoming: Iterator[Message]) -> Iterator[Message]:
        next(incoming)  # StartStream
        self._connected.set()
        threading.Thread(target=self._listen, args=(incoming,), daemon=True).start()
        yield from iter(self._sent.get, None)

    def _listen(self, incoming: Iterator[Message]) -> None:
        try:
            for message in incoming:
                if message.WhichOneof("content") == "rpc_log":
                    self.logs.append(message.rpc_log)
                else:
                    self._answers.setdefault(message.request_id, queue.Queue()).put(message)
        except grpc.RpcError:
            return  # the worker hung up


def _service(converse: Callable[[Iterator[Message]], Iterator[Message]]) -> Message:
    """The generated servicer, with its one method."""
    return type(
        "Service", (P.FunctionRpcServicer,), {"EventStream": lambda _, incoming, __: converse(incoming)}
    )()
