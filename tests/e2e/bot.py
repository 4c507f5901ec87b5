"""The bot, installed: its worker is a process of its own, its state is in Azurite, and it is called over HTTP."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import override

from tests.host.azurite import ROOT, azurite
from tests.host.grpchost import GrpcHost
from tests.host.minihost import MiniHost
from tests.host.payloads import Payload
from tests.host.worker import FunctionFailed, Invocation
from tests.installation import Installation, applied, environment
from tests.local_azure import LocalAzure


@contextmanager
def installed(azure: LocalAzure, policy: Path) -> Iterator[Installation]:
    """The bot for the registries that there are now. What it kept can be read through `Installation.app`."""
    with ExitStack() as held:
        with _interrupts_kept_from_children():
            storage = held.enter_context(azurite())
            # Whatever proxy this machine has, what is on loopback is not behind it.
            direct = {"NO_PROXY": "*", "no_proxy": "*"}
            held.enter_context(applied(environment(azure, storage, policy) | direct))
            worker = held.enter_context(_Worker(ROOT))
        yield Installation(azure, MiniHost(worker, storage))


class _Worker(GrpcHost):
    """Says aloud what failed in it; the host logs that, and goes on."""

    @override
    def invoke(
        self, function: str, payload: Payload, *, retry: tuple[int, int] = (0, 0), traceparent: str = ""
    ) -> Invocation:
        try:
            return super().invoke(function, payload, retry=retry, traceparent=traceparent)
        except FunctionFailed as failed:
            last = failed.stack_trace.strip().splitlines()[-4:]
            print(
                f"The function {function} failed: {failed}", *last, sep="\n    ", file=sys.stderr, flush=True
            )
            raise


@contextmanager
def _interrupts_kept_from_children() -> Iterator[None]:
    """Ctrl-C goes to every process of the terminal; those begun in here leave it to us to end them."""
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)
