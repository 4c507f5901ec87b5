"""What stands before a function app in Azure: it takes requests in, writes down whence they come, and hands them on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from tests.installation import Installation


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FrontEnd:
    """Where the app is, and everything that came in."""

    url: str
    received: list[Received] = field(default_factory=list)


@contextmanager
def front_end(bot: Installation) -> Iterator[FrontEnd]:
    """The app on loopback, while its queue is worked off."""
    stopping = threading.Event()

    def working() -> None:
        while not stopping.wait(0.1):
            bot.work()

    worker = threading.Thread(target=working, name="queue")
    with served(bot) as front:
        worker.start()
        try:
            yield front
        finally:
            stopping.set()
            worker.join()


@contextmanager
def served(bot: Installation) -> Iterator[FrontEnd]:
    """The app on loopback. App Service appends the address of whoever calls to X-Forwarded-For."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            front.received.append(Received(self.command, self.path, headers, body))
            seen = f"{bot.azure.client_address}:51234"
            before = headers.get("x-forwarded-for")
            forwarded = {"x-forwarded-for": f"{before}, {seen}" if before else seen}
            answer = bot.host.answer(self.command, self.path, body, headers | forwarded)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = _answer  # noqa: N815 - http.server's

        @override
        def log_message(self, *_: Any) -> None:
            """Nothing: what came is written down."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    front = FrontEnd(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
