"""Storage, a queue and a clock in memory, which behave as the real ones do where our code can tell.

Values are kept as JSON, so that what cannot be written and read back shows. Any write can be made to crash:

    fuse = Fuse(after=3)                       # the third write is made, and then the worker dies
    table = MemoryTable(Message, fuse)
"""

import itertools
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from remediations.ports import Command, Row

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# What Table storage refuses in a partition or row key.
_ILLEGAL_IN_A_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_LONGEST_KEY = 512
_COMMANDS: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta | float) -> datetime:
        """Let time pass: a timedelta, or seconds."""
        self.now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self.now


class Crash(BaseException):
    """The worker died here. No `except Exception` catches it, as none would catch the end of the process."""


class Fuse:
    """Kills the worker at its nth step, just before or just after the step is done; by default never."""

    def __init__(self, *, before: int | None = None, after: int | None = None) -> None:
        self._before = before
        self._after = after
        self._begun = itertools.count(1)
        self._done = itertools.count(1)

    def beginning(self) -> None:
        """Die here if this is the step before which to die."""
        if next(self._begun) == self._before:
            raise Crash

    def done(self) -> None:
        """Die here if this is the step after which to die."""
        if next(self._done) == self._after:
            raise Crash


class MemoryTable[T]:
    """Rows of one type with conditional writes, as in Table storage: every write makes a new version."""

    def __init__(self, kind: type[T], fuse: Fuse | None = None) -> None:
        self.fuse = fuse or Fuse()
        self._kind = kind
        self._rows: dict[tuple[str, str], tuple[bytes, str]] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def insert(self, partition: str, key: str, value: T) -> bool:
        at = _place(partition, key)
        self.fuse.beginning()
        with self._lock:
            new = at not in self._rows
            if new:
                self._write(at, value)
        self.fuse.done()
        return new

    def read(self, partition: str, key: str) -> Row[T] | None:
        at = _place(partition, key)
        with self._lock:
            return self._read(at) if at in self._rows else None

    def replace(self, partition: str, key: str, value: T, version: str) -> bool:
        at = _place(partition, key)
        self.fuse.beginning()
        with self._lock:
            same = at in self._rows and self._rows[at][1] == version
            if same:
                self._write(at, value)
        self.fuse.done()
        return same

    def remove(self, partition: str, key: str, version: str = "") -> None:
        at = _place(partition, key)
        self.fuse.beginning()
        with self._lock:
            if at in self._rows and version in ("", self._rows[at][1]):
                del self._rows[at]
        self.fuse.done()

    def rows(self, partition: str) -> Iterator[tuple[str, Row[T]]]:
        with self._lock:
            found = [(key, self._read((part, key))) for part, key in sorted(self._rows) if part == partition]
        return iter(found)

    def since(self, partition: str, at: datetime, *fields: str) -> Iterator[T]:
        for _, row in self.rows(partition):
            plain = msgspec.to_builtins(row.value)
            if any(str(plain.get(field, "")) >= f"{at:%Y-%m-%dT%H:%M:%S}" for field in fields):
                yield row.value

    def _read(self, at: tuple[str, str]) -> Row[T]:
        body, version = self._rows[at]
        return Row(value=msgspec.json.decode(body, type=self._kind), version=version)

    def _write(self, at: tuple[str, str], value: T) -> None:
        self._rows[at] = msgspec.json.encode(value), f'W/"{next(self._versions)}"'


class MemoryQueue:
    """Commands that wait for their time. `take` gives those whose time has come, and hides them for good."""

    def __init__(self, clock: Clock, fuse: Fuse | None = None) -> None:
        self.fuse = fuse or Fuse()
        self._clock = clock
        self._waiting: list[tuple[datetime, bytes]] = []
        self._lock = threading.Lock()

    def send(self, command: Command, delay: timedelta = timedelta()) -> None:
        self.fuse.beginning()
        with self._lock:
            self._waiting.append((self._clock() + delay, msgspec.json.encode(command)))
        self.fuse.done()

    def take(self) -> tuple[Command, ...]:
        """Give and remove the commands whose time has come, in the order in which it came."""
        with self._lock:
            now = self._clock()
            ready = sorted((one for one in self._waiting if one[0] <= now), key=lambda one: one[0])
            self._waiting = [one for one in self._waiting if one[0] > now]
        return tuple(map(_command, ready))

    @property
    def commands(self) -> tuple[Command, ...]:
        """Every command that waits, whether its time has come or not."""
        with self._lock:
            return tuple(map(_command, self._waiting))

    @property
    def next_at(self) -> datetime | None:
        """When the next command's time comes."""
        with self._lock:
            return min((at for at, _ in self._waiting), default=None)


def _command(waiting: tuple[datetime, bytes]) -> Command:
    return _COMMANDS.decode(waiting[1])


def _place(partition: str, key: str) -> tuple[str, str]:
    for part in (partition, key):
        if _ILLEGAL_IN_A_KEY.search(part) or len(part) > _LONGEST_KEY:
            raise ValueError(f"Table storage refuses this key: {part!r}")
    return partition, key
