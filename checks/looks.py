"""Looks at different things, side by side, and nobody waits for one of them too long."""

import threading
import time
from collections.abc import Callable

from checks.evidence import Unreadable

type Told = Callable[[str], None]
"""Called with all that is being looked at, whenever a look begins or ends; from any thread."""


class Looks:
    """Looks that go on side by side, each in a thread of its own that nobody waits for too long."""

    def __init__(self, told: Told, patience: float) -> None:
        self._told = told
        self._patience = patience
        self._under_way: list[str] = []
        self._lock = threading.Lock()

    def begin[T](self, name: str, look: Callable[[], T]) -> Callable[[], T | Unreadable]:
        """Begin to look. What is returned waits for what was seen, and may be asked again."""
        seen: list[T | Unreadable] = []
        done = threading.Event()

        def run() -> None:
            try:
                seen.append(look())
            except Exception as broken:  # noqa: BLE001 - one look that breaks must not spoil the others
                seen.append(Unreadable(f"looking failed: {type(broken).__name__}"))
            finally:
                done.set()
                self._tell(ended=name)

        def wait() -> T | Unreadable:
            if done.wait(max(0.0, until - time.monotonic())):
                return seen[0]
            return Unreadable(f"no answer within {self._patience:.0f} s")

        until = time.monotonic() + self._patience
        self._tell(begun=name)
        threading.Thread(target=run, name=f"look at {name}", daemon=True).start()
        return wait

    def _tell(self, *, begun: str = "", ended: str = "") -> None:
        """Say what is still looked at, so that whoever waits knows for what."""
        with self._lock:
            if begun:
                self._under_way.append(begun)
            if ended:
                self._under_way.remove(ended)
            self._told(", ".join(self._under_way))
