"""What a check is: one pure function in one file, and what the frame must know to ask it."""

from collections.abc import Callable
from dataclasses import dataclass

from checks.evidence import Evidence, NotAsked
from checks.model import Answer, CauseName, Image, Symptom, Value


class Caller(Value, frozen=True):
    """Somebody who was refused, and how often."""

    name: str
    count: int

    def __str__(self) -> str:
        return f"{self.name} ({self.count})"


class Subject(Value, frozen=True):
    """What an incident is about, which is all that a check may know of it.

    `said` is the cause that the signals themselves name, and `callers` are those whom they saw refused.
    `origin` is the resource id of the machine in Azure that pushes, where that is known.
    """

    symptom: Symptom
    image: Image | None = None
    address: str | None = None
    band: int | None = None
    identity: str | None = None
    said: CauseName | None = None
    callers: tuple[Caller, ...] = ()
    origin: str | None = None


@dataclass(frozen=True)
class Check:
    """A check by name: the cause it looks for, the symptoms that this cause explains, and what people read of it.

    A check that explains no symptom is asked by `medic check` only. `needs` is the part of the evidence without
    which there is nothing to judge; `code` is what `az acr check-health` calls the same.
    """

    name: str
    cause: CauseName
    explains: tuple[Symptom, ...]
    about: str
    ask: Callable[[Subject, Evidence], Answer]
    needs: str | None = None
    code: str | None = None

    @property
    def title(self) -> str:
        """What it finds, in a sentence."""
        return self.about.partition("\n")[0]

    @property
    def meaning(self) -> str:
        """What that means, without how to look and who says so."""
        text = self.about.partition("\n")[2].partition("Look: ")[0]
        return " ".join(text.split())

    @property
    def look(self) -> str:
        """How a person looks for it."""
        return " ".join(self.about.partition("Look: ")[2].partition("Source: ")[0].split())

    @property
    def source(self) -> str:
        """Who says so."""
        return self.about.partition("Source: ")[2].strip()

    def has_grounds(self, evidence: Evidence) -> bool:
        """Whether anybody looked at what the check judges by, be it in vain."""
        return self.needs is None or not isinstance(getattr(evidence, self.needs), NotAsked)


def check(
    cause: CauseName, *, explains: tuple[Symptom, ...], needs: str | None = None, code: str | None = None
) -> Callable[[Callable[[Subject, Evidence], Answer]], Check]:
    """Turn a function into a check. Nothing is registered: the catalogue finds it by its file's name."""

    def made(ask: Callable[[Subject, Evidence], Answer]) -> Check:
        about = (ask.__doc__ or "").strip()
        return Check(ask.__name__, cause, explains, about, ask, needs, code)

    return made
