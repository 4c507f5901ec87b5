"""The worker as a process of its own: gRPC on one side, the real worker library on the other.

Azure starts a program like this one for each app; that program is on no package registry.
"""

import argparse
import asyncio
import concurrent.futures
import logging
import queue
import sys
import threading
from types import SimpleNamespace
from typing import override

import azure_functions_runtime as runtime
import grpc

from tests.host.protos import Message, P
from tests.host.worker import HANDLERS

_LEVELS = {
    logging.CRITICAL: P.RpcLog.Critical,
    logging.ERROR: P.RpcLog.Error,
    logging.WARNING: P.RpcLog.Warning,
    logging.INFO: P.RpcLog.Information,
    logging.DEBUG: P.RpcLog.Debug,
}


class _Log(logging.Handler):
    """Sends log lines to the host, in order with the answers."""

    def __init__(self, sent: queue.Queue[Message]) -> None:
        super().__init__(logging.INFO)
        self._sent = sent

    @override
    def emit(self, record: logging.LogRecord) -> None:
        mine = record.name.startswith("azure_functions")
        line = P.RpcLog(
            level=_LEVELS.get(record.levelno, P.RpcLog.Information),
            message=self.format(record),
            category=record.name,
            log_category=P.RpcLog.RpcLogCategory.Value("System" if mine else "User"),
            invocation_id=runtime.invocation_id_cv.get(None) or "",
        )
        self._sent.put(P.StreamingMessage(rpc_log=line))


async def _work(host: str, port: int, worker_id: str) -> None:
    """Answers the host until it hangs up."""
    sent: queue.Queue[Message] = queue.Queue()
    sent.put(P.StreamingMessage(start_stream=P.StartStream(worker_id=worker_id)))
    logging.basicConfig(format="%(message)s", level=logging.INFO, handlers=[_Log(sent)])
    runtime.start_threadpool_executor()
    loop = asyncio.get_running_loop()
    hung_up = loop.create_future()

    async def answer(message: Message) -> None:
        kind = message.WhichOneof("content")
        if kind not in HANDLERS:
            return
        if kind == "worker_init_request":
            sys.path.insert(0, message.worker_init_request.function_app_directory)
        handler, field = HANDLERS[kind]
        envelope = SimpleNamespace(name=kind, request=message, properties={"protos": P, "host": host})
        response = await handler(envelope)
        sent.put(P.StreamingMessage(request_id=message.request_id, **{field: response}))

    def listen() -> None:
        answers: set[concurrent.futures.Future[None]] = set()
        with grpc.insecure_channel(f"{host}:{port}") as channel:
            for message in P.FunctionRpcStub(channel).EventStream(iter(sent.get, None)):
                answers.add(asyncio.run_coroutine_threadsafe(answer(message), loop))
        loop.call_soon_threadsafe(hung_up.set_result, None)

    threading.Thread(target=listen, daemon=True).start()
    await hung_up


def main() -> None:
    """Work for the host that the command line names, until it hangs up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--worker-id", required=True)
    options = parser.parse_args()
    asyncio.run(_work(options.host, options.port, options.worker_id))


if __name__ == "__main__":
    main()
