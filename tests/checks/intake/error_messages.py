"""The recorded messages that the classifier is held to."""

import json
import re
from pathlib import Path
from typing import Final

import msgspec

from checks.model import CauseName

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"


class Message(msgspec.Struct, frozen=True):
    """One message with its label; an entity that is unset is not part of the expectation."""

    text: str
    cause: CauseName
    alt_causes: tuple[CauseName, ...] = ()
    registry: str | msgspec.UnsetType | None = msgspec.UNSET
    repository: str | msgspec.UnsetType | None = msgspec.UNSET
    tag: str | msgspec.UnsetType | None = msgspec.UNSET
    digest: str | msgspec.UnsetType | None = msgspec.UNSET
    client_ip: str | msgspec.UnsetType | None = msgspec.UNSET
    entities_inferred: tuple[str, ...] = ()

    @property
    def right(self) -> frozenset[CauseName]:
        """The answers that count as right."""
        return frozenset((self.cause, *self.alt_causes))

    def expectations(self) -> dict[str, str | None]:
        """The entities that the text itself names."""
        named = {
            name: getattr(self, name) for name in ("registry", "repository", "tag", "digest", "client_ip")
        }
        return {
            name: value
            for name, value in named.items()
            if value is not msgspec.UNSET and name not in self.entities_inferred
        }


class Printed(msgspec.Struct, frozen=True):
    """What one client printed for one fault."""

    fault: str
    client: str
    exit: str
    text: str


def messages(name: str) -> tuple[Message, ...]:
    """The labelled messages of one file."""
    lines = (FIXTURES / "errors" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(msgspec.json.decode(line, type=Message) for line in lines)


def printed() -> tuple[Printed, ...]:
    """What the clients printed, with a login server in place of the address of the emulated registry."""
    lines = (FIXTURES / "client-errors" / "printed.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Printed(row["fault"], row["client"], row["exit"], _as_a_user_would_see_it(row["text"]))
        for row in map(json.loads, lines)
    )


def _as_a_user_would_see_it(text: str) -> str:
    named = re.sub(r"127\.0\.0\.1:90\d\d", "myregistry.azurecr.io", text)
    return named.replace("doesnotexist.azurecr.invalid", "doesnotexist.azurecr.io")
