"""What was checked, as it is told on the terminal and counted at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Refuted(Exception):
    """What a check expected is not so."""


def expect(holds: bool, sentence: str) -> None:  # noqa: FBT001 - it reads as the sentence that it is
    """Raises Refuted with the sentence where it does not hold."""
    if not holds:
        raise Refuted(sentence)


class Tally:
    """Counts what passed, failed and was skipped. One failure costs no other check."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    @contextmanager
    def check(self, what: str) -> Iterator[None]:
        """The check is what happens in this block."""
        begun = time.monotonic()
        try:
            yield
        except Exception as wrong:  # noqa: BLE001 - one check is a border
            self.fail(what, str(wrong) if isinstance(wrong, Refuted) else f"{type(wrong).__name__}: {wrong}")
        else:
            self.passed += 1
            print(f"  passed   {what}  ({time.monotonic() - begun:.1f} s)", flush=True)

    def fail(self, what: str, why: str) -> None:
        """Say what is not as it should be."""
        self.failed += 1
        print(f"  FAILED   {what}: {why}", flush=True)

    def skip(self, what: str, why: str) -> None:
        """Say what could not be checked here."""
        self.skipped += 1
        print(f"  skipped  {what}: {why}", flush=True)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
