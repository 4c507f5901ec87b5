"""What stands before a function app in Azure: it takes requests in, writes down whence they come, and hands them on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.host.minihost import serving
from tests.host.worker import HttpAnswer
from tests.installation import Installation


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class FrontEnd:
    """Where the app is, and everything that came in."""

    def __init__(self, bot: Installation) -> None:
        self.url = ""
        self.received: list[Received] = []
        self._bot = bot

    def answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        """What the app answers. App Service appends the address of whoever calls to X-Forwarded-For."""
        self.received.append(Received(method, target, headers, body))
        seen, before = f"{self._bot.azure.client_address}:51234", headers.get("x-forwarded-for")
        forwarded = {"x-forwarded-for": f"{before}, {seen}" if before else seen}
        return self._bot.host.answer(method, target, body, headers | forwarded)


@contextmanager
def served(bot: Installation) -> Iterator[FrontEnd]:
    """The app on loopback, behind its front end."""
    front = FrontEnd(bot)
    with serving(front) as front.url:
        yield front


@contextmanager
def front_end(bot: Installation) -> Iterator[FrontEnd]:
    """The same, while its queue is worked off."""
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
