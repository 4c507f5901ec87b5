"""What a check is: one pure function in one file, and what the frame must know to ask it."""

from collections.abc import Callable
from dataclasses import dataclass

from checks.evidence import Evidence
from checks.model import Answer, CauseName, Image, Symptom, Value


class Subject(Value, frozen=True):
    """What an incident is about, which is all that a check may know of it."""

    symptom: Symptom
    image: Image | None = None
    address: str | None = None
    band: int | None = None


@dataclass(frozen=True)
class Check:
    """A check by name: the cause it looks for, the symptoms that this cause explains, and what people read of it."""

    name: str
    cause: CauseName
    explains: tuple[Symptom, ...]
    about: str
    ask: Callable[[Subject, Evidence], Answer]


def check(
    cause: CauseName, *, explains: tuple[Symptom, ...]
) -> Callable[[Callable[[Subject, Evidence], Answer]], Check]:
    """Turn a function into a check. Nothing is registered: the catalogue finds it by its file's name."""

    def made(ask: Callable[[Subject, Evidence], Answer]) -> Check:
        return Check(
            name=ask.__name__, cause=cause, explains=explains, about=(ask.__doc__ or "").strip(), ask=ask
        )

    return made
