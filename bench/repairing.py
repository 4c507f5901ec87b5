"""A worker's life in a process of its own: queue messages, in on stdin; what each of them took, out on stdout.

    python -m bench.repairing < messages.json

Nothing is imported before the first message that the worker would not have imported by then.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass

import function_app
from bench.wire import Call, Wire


@dataclass(frozen=True)
class Carried:
    """One message that was carried out: from when to when, with how many connections and which calls."""

    begun: float
    ended: float
    connections: int
    calls: tuple[Call, ...]


def main() -> None:
    """Carry out the messages one after the other, as the trigger `respond` does."""
    wire = Wire()
    carried = [_carried(message.encode(), wire) for message in json.load(sys.stdin)]
    json.dump([asdict(one) for one in carried], sys.stdout)


def _carried(message: bytes, wire: Wire) -> Carried:
    calls, connections = len(wire.calls), wire.connections
    begun = time.perf_counter()
    function_app._app().carry_out(message)  # noqa: SLF001 - the trigger itself wants a worker around it
    ended = time.perf_counter()
    return Carried(begun, ended, wire.connections - connections, tuple(wire.calls[calls:]))


if __name__ == "__main__":
    main()
