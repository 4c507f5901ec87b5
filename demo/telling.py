"""A story as it is told: each part is printed when it happens, and kept for the pages."""

import json
import os
import shutil
import textwrap
import time
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from tests.e2e.clients import Attempt

_LONGEST_LINE: Final = 110
_LINES_SHOWN: Final = 6
_COLOURS: Final = {"good": "32", "bad": "31", "bold": "1", "faint": "2", "head": "1;36"}


@dataclass(frozen=True)
class Words:
    """A sentence that leads on."""

    text: str


@dataclass(frozen=True)
class Quote:
    """What somebody else wrote, to the letter: a client, a log row, a request."""

    title: str
    text: str
    good: bool | None = None


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Findings:
    """What each check answered: its name, `yes`, `no` or `unknown`, and what it saw."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class BeforeAndAfter:
    """A change, by the names of what it concerns, their values before and their values after."""

    title: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Proven:
    """What was asserted on the local Azure's own state, and holds."""

    sentence: str


@dataclass(frozen=True)
class Picture:
    """A picture of our own making, as an SVG element."""

    title: str
    svg: str


type Block = Words | Picture | Quote | Facts | Findings | BeforeAndAfter | Proven


@dataclass
class Part:
    """One part of a story."""

    title: str
    blocks: list[Block] = field(default_factory=list)


class NotAsTold(Exception):
    """A story did not go as it is told: this does not hold."""


class Terminal:
    """Prints short lines; in colour only for a person who did not ask otherwise (https://no-color.org)."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._coloured = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = min(_LONGEST_LINE, shutil.get_terminal_size((_LONGEST_LINE, 24)).columns)

    def line(self, text: str = "", *, indent: int = 0, look: str = "", mark: str = "") -> None:
        """Print a text, wrapped; `mark` stands before its first line."""
        room = self._width - indent - len(mark)
        for number, one in enumerate(textwrap.wrap(text, max(room, 20), break_on_hyphens=False) or [""]):
            before = " " * indent + (mark if number == 0 else " " * len(mark))
            print(before + self._styled(one, look), file=self._out, flush=True)

    def _styled(self, text: str, look: str) -> str:
        return f"\x1b[{_COLOURS[look]}m{text}\x1b[0m" if self._coloured and look else text


class Story:
    """One story: `name` is its page's, `parts` is what was told."""

    def __init__(self, name: str, title: str, about: str, terminal: Terminal) -> None:
        self.name, self.title, self.about = name, title, about
        self.parts: list[Part] = []
        self.broken = ""
        self.seconds = 0.0
        self._terminal = terminal
        self._begun = time.monotonic()
        terminal.line()
        terminal.line(title, look="head")
        terminal.line(about, look="faint")

    @property
    def proven(self) -> tuple[str, ...]:
        """Everything that was asserted and held."""
        return tuple(b.sentence for part in self.parts for b in part.blocks if isinstance(b, Proven))

    def part(self, title: str) -> None:
        """Begin the next part."""
        self.parts.append(Part(title))
        self._terminal.line()
        self._terminal.line(title, indent=2, look="bold")

    def says(self, text: str) -> None:
        """Tell something in words."""
        self._keep(Words(text))
        self._terminal.line(text, indent=4)

    def attempt(self, attempt: Attempt) -> None:
        """Show a push: what was typed and what the client printed."""
        self.quotes(f"$ {attempt.command}", attempt.text, good=attempt.succeeded)

    def quotes(self, title: str, text: str, *, good: bool | None = None) -> None:
        """Show what somebody else wrote; on the terminal no more than its last lines."""
        self._keep(Quote(title, text, good))
        self._terminal.line(title, indent=4, look="faint")
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > _LINES_SHOWN:
            self._terminal.line(
                f"({len(lines) - _LINES_SHOWN} lines more)", indent=4, mark="│ ", look="faint"
            )
        for line in lines[-_LINES_SHOWN:]:
            self._terminal.line(line, indent=4, mark="│ ", look="bad" if good is False else "")

    def draws(self, title: str, svg: str) -> None:
        """Show a picture; the terminal only says that it is there."""
        self._keep(Picture(title, svg))
        self._terminal.line(f"{title}: there is a picture on the page", indent=4, look="faint")

    def document(self, title: str, document: Any) -> None:  # noqa: ANN401 - any JSON
        """Show a JSON document; the terminal only says that it is there."""
        self._keep(Quote(title, json.dumps(document, indent=2)))
        self._terminal.line(title, indent=4)

    def facts(self, *rows: tuple[str, str]) -> None:
        """Show names and values."""
        self._keep(Facts(rows))
        width = max(len(name) for name, _ in rows) + 2
        for name, value in rows:
            self._terminal.line(value, indent=4, mark=f"{name:<{width}}")

    def findings(self, *rows: tuple[str, str, str]) -> None:
        """Show what each check answered."""
        self._keep(Findings(rows))
        for check, answer, saw in rows:
            look = {"yes": "bad", "no": "", "unknown": "bold"}[answer]
            self._terminal.line(f"{answer}, {saw}", indent=4, mark=f"{check:<24}", look=look)

    def before_and_after(self, title: str, *rows: tuple[str, str, str]) -> None:
        """Show a change."""
        self._keep(BeforeAndAfter(title, rows))
        self._terminal.line(title, indent=4)
        for name, before, after in rows:
            if before != after:
                self._terminal.line(f"{before}  →  {after}", indent=6, mark=f"{name}: ")

    def proves(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - it reads as the sentence that it is
        """Assert something; the story ends here where it does not hold."""
        if not holds:
            raise NotAsTold(sentence)
        self._keep(Proven(sentence))
        self._terminal.line(sentence, indent=4, mark="✓ ", look="good")

    def ended(self, broken: str = "") -> None:
        """Say how it ended."""
        self.broken, self.seconds = broken, time.monotonic() - self._begun
        if broken:
            self._terminal.line()
            self._terminal.line(f"This story did not end as told: {broken}", indent=2, look="bad", mark="✗ ")

    def _keep(self, block: Block) -> None:
        self.parts[-1].blocks.append(block)
