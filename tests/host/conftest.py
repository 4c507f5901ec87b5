"""A careless app in a worker of its own, to see what the runtime does to it, and to try the harness."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.host.grpchost import GrpcHost
from tests.host.minihost import MiniHost

TRAPS = Path(__file__).parent / "trap_app"


@pytest.fixture(scope="package")
def trap_worker() -> Iterator[GrpcHost]:
    """The worker that runs the careless app."""
    with GrpcHost(TRAPS) as host:
        yield host


@pytest.fixture
def traps(trap_worker: GrpcHost) -> GrpcHost:
    """That worker, with nothing seen yet."""
    trap_worker.saw()
    return trap_worker


@pytest.fixture
def listeners(traps: GrpcHost, azurite: str) -> MiniHost:
    """The careless app's host, which shows a failed message again at once; its queues are empty."""
    host = MiniHost(traps, azurite, visibility=timedelta())
    for queue in ("trap-jobs", "trap-jobs-poison"):
        host.queue(queue).clear_messages()
    return host
