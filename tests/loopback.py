"""Places on loopback that are no registry: a server of our own with whatever certificate and manners a test wants."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import trustme


@contextlib.contextmanager
def serving(authority: trustme.CA, *names: str, until: datetime | None = None) -> Iterator[str]:
    """A place on loopback that shows a certificate of that authority for those names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(
        *names, not_after=until, not_before=until and until - timedelta(days=9)
    ).configure_cert(context)

    def meet(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            """The handshake is all there is to it."""

    with listening(meet) as at:
        yield at


@contextlib.contextmanager
def listening(meet: Callable[[socket.socket], object]) -> Iterator[str]:
    """A place on loopback where each client is met like that, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    connection.settimeout(2)
                    with connection:
                        meet(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
