"""Listening on loopback, TLS and HTTP/1.1 with keep-alive; nothing here knows what the calls are about."""

import contextlib
import ipaddress
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from werkzeug import Request, Response

from tests.local_azure.dispatch import Reply

Answering = Callable[[Request], Reply]
Crashed = Callable[[BaseException], None]
Client = tuple[str, int]


class Listener:
    """Takes connections on any number of loopback addresses until it is closed, a thread for each connection."""

    def __init__(self, answer: Answering, crashed: Crashed, tls: ssl.SSLContext) -> None:
        self._answer = answer
        self._crashed = crashed
        self._tls = tls
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._listening: dict[tuple[str, int], socket.socket] = {}
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._closing = False
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._accepting = threading.Thread(target=self._accept_until_closed, name="local-azure", daemon=True)
        self._accepting.start()

    def listen(self, address: str, port: int, *, secure: bool) -> int:
        """Listen there, too, and give the port; a second time on the same address changes nothing."""
        if not ipaddress.ip_address(address).is_loopback:
            message = f"{address} is not a loopback address"
            raise ValueError(message)
        with self._lock:
            if (address, port) in self._listening:
                return port
            listening = socket.create_server((address, port), backlog=128)
            listening.setblocking(False)
            actual = int(listening.getsockname()[1])
            self._listening[address, actual] = listening
            self._selector.register(listening, selectors.EVENT_READ, secure)
        self._wake.send(b".")
        return actual

    def close(self) -> None:
        """Stop listening, end every connection, and wait until all threads are gone."""
        with self._lock:
            self._closing = True
        self._wake.send(b".")
        self._accepting.join()
        with self._lock:
            open_connections = dict(self._connections)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in open_connections.values():
            thread.join()
        for listening in self._listening.values():
            listening.close()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _accept_until_closed(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                    continue
                with contextlib.suppress(OSError):
                    accepted, client = cast("socket.socket", key.fileobj).accept()
                    self._serve(accepted, client, secure=bool(key.data))

    def _serve(self, accepted: socket.socket, client: Client, *, secure: bool) -> None:
        accepted.setblocking(True)
        connection: socket.socket = accepted
        if secure:
            try:
                connection = self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
            except (OSError, ValueError):
                accepted.close()
                return
        thread = threading.Thread(
            target=self._converse, args=(connection, client), name=f"local-azure-{client[1]}", daemon=True
        )
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def _converse(self, connection: socket.socket, client: Client) -> None:
        try:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            _Conversation(connection, client, self._answer, self._crashed)
        except (OSError, ValueError):
            """The other side went away, or we did: nobody is left to be told."""
        finally:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            connection.close()
            with self._lock:
                self._connections.pop(connection, None)


class _Conversation(BaseHTTPRequestHandler):
    """One connection: reads requests whole, writes answers whole."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self, connection: socket.socket, client: Client, answer: Answering, crashed: Crashed
    ) -> None:
        self._answer = answer
        self._crashed = crashed
        super().__init__(connection, client, cast("Any", None))

    def handle_one_request(self) -> None:
        """Serve one request, and leave the connection ready for the next."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        request = Request(self._environ(body))
        try:
            reply = self._answer(request)
        except Exception as crash:  # noqa: BLE001 - a fault of the local Azure itself must reach the test that met it
            self._crashed(crash)
            reply = Reply(Response(f"the local Azure crashed: {crash!r}\n", 500))
        if reply.answer is None:
            self.close_connection = True
            return
        self._write(reply.answer, broken_off=reply.broken_off)

    def _body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length) if length else b""
        return content if len(content) == length else None

    def _chunks(self) -> bytes | None:
        content = bytearray()
        while True:
            line = self.rfile.readline(1024)
            if not line:
                return None
            size = int(line.partition(b";")[0], 16)
            if size == 0:
                while self.rfile.readline(65537) not in {b"\r\n", b"\n", b""}:
                    """Trailers say nothing that matters here."""
                return bytes(content)
            content += self.rfile.read(size)
            self.rfile.readline(8)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host = self.headers.get("Host", "")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_PROTOCOL": self.request_version,
            "SERVER_NAME": host.partition(":")[0],
            "SERVER_PORT": host.partition(":")[2] or "443",
            "REMOTE_ADDR": str(self.client_address[0]),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "https" if isinstance(self.connection, ssl.SSLSocket) else "http",
        }
        del self.headers["Transfer-Encoding"]  # the chunks are joined already, and werkzeug would read none
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def _write(self, answer: Response, *, broken_off: bool) -> None:
        content = answer.get_data()
        bodiless = self.command == "HEAD" or answer.status_code in {204, 304}
        if answer.status_code != HTTPStatus.NO_CONTENT:
            answer.headers["Content-Length"] = str(len(content))
        answer.headers.setdefault("Date", self.date_time_string())
        answer.headers.setdefault("Connection", "close" if self.close_connection else "keep-alive")
        reason = HTTPStatus(answer.status_code).phrase
        head = f"HTTP/1.1 {answer.status_code} {reason}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        if broken_off:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(head.encode("latin-1") + b"\r\n" + (b"" if bodiless else content))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: what was called is in the world's record."""
