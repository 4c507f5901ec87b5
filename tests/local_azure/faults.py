"""Ways to make any call fail: chosen by method, host and path, counted, and as odd as real networks are."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """The call is not carried out; this is answered instead."""

    code: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Delay:
    """The call waits; with `answer_only` it is carried out at once and only its answer waits."""

    seconds: float
    answer_only: bool = False


@dataclass(frozen=True)
class Cut:
    """The connection is closed: with nothing done, with everything done, or in the middle of the answer."""

    carried_out: bool
    mid_answer: bool = False


Effect = Answer | Delay | Cut


def status(code: int, body: bytes | str = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with that status and body."""
    content = body.encode() if isinstance(body, str) else body
    return Answer(
        code, content, tuple((headers or {"Content-Type": "application/json; charset=utf-8"}).items())
    )


def html(code: int) -> Answer:
    """Answer with a page, as gateways and proxies do."""
    page = f"<html><head><title>{code}</title></head><body><h1>{code}</h1>proxy says no</body></html>"
    return status(code, page, {"Content-Type": "text/html"})


def retry_after(seconds: int, code: int = 429) -> Answer:
    """Answer that the caller should come again later."""
    body = '{"error":{"code":"TooManyRequests","message":"Please retry later."}}'
    return status(code, body, {"Content-Type": "application/json", "Retry-After": str(seconds)})


def delay(seconds: float) -> Delay:
    """Wait before anything is done."""
    return Delay(seconds)


def answer_late(seconds: float) -> Delay:
    """Do it at once, answer late: what a client with a short read timeout never hears of."""
    return Delay(seconds, answer_only=True)


def cut_before() -> Cut:
    """Close the connection with nothing done."""
    return Cut(carried_out=False)


def cut_after() -> Cut:
    """Carry the call out, then close the connection without an answer."""
    return Cut(carried_out=True)


def cut_within() -> Cut:
    """Carry the call out and close the connection in the middle of the answer's body."""
    return Cut(carried_out=True, mid_answer=True)


@dataclass
class Fault:
    """One fault that was asked for, and how often it has struck."""

    method: str | None
    path: re.Pattern[str]
    host: str | None
    times: int | None
    after: int
    effect: Effect
    hits: int = 0
    _seen: int = field(default=0, repr=False)

    def strikes(self, method: str, host: str, path: str) -> bool:
        """Tell whether this call is hit, and count it."""
        named = self.method in {None, method} and self.host in {None, host} and self.path.search(path)
        if not named or (self.times is not None and self.hits >= self.times):
            return False
        self._seen += 1
        if self._seen <= self.after:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are waiting for their calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        *,
        effect: Effect,
        method: str | None = None,
        path: str = "",
        host: str | None = None,
        times: int | None = 1,
        after: int = 0,
    ) -> Fault:
        """Let the effect strike `times` matching calls (None: all of them), after letting `after` of them pass."""
        fault = Fault(method, re.compile(path), host, times, after, effect)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take one fault back."""
        with self._lock:
            self._faults = [one for one in self._faults if one is not fault]

    def clear(self) -> None:
        """Take all faults back."""
        with self._lock:
            self._faults = []

    def striking(self, method: str, host: str, path: str) -> list[Effect]:
        """Give what hits this call: delays as they were asked for, and at most one end to it all."""
        struck: list[Effect] = []
        with self._lock:
            for fault in self._faults:
                if fault.strikes(method, host, path):
                    struck.append(fault.effect)
                    if not isinstance(fault.effect, Delay):
                        break
        return struck
