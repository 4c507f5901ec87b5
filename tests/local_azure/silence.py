"""An address that never answers: packets to it are dropped, as by a firewall on the way, with nothing but a backlog.

Linux drops a SYN to a socket whose accept queue is full; the client sees a connection attempt that times out.
"""

import contextlib
import socket
from collections.abc import Iterator

_MORE_THAN_FIT = 4


@contextlib.contextmanager
def silence(address: str = "127.0.2.1", port: int = 0) -> Iterator[str]:
    """Give `host:port` of a place on loopback that lets every client wait."""
    with contextlib.ExitStack() as held:
        deaf = held.enter_context(socket.socket())
        deaf.bind((address, port))
        deaf.listen(0)
        for _ in range(_MORE_THAN_FIT):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        yield f"{address}:{deaf.getsockname()[1]}"
