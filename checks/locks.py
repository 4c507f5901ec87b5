"""What the three lock checks have in common: one object's attributes in, an answer out."""

from typing import Final

from msgspec.structs import replace

from checks.evidence import Absent, Attributes, Looked, NotAsked, RegistrySettings, Unreadable
from checks.model import Answer, Cause, CauseName, Cleared, LockedObject
from checks.unread import unread

_METADATA: Final = "Microsoft.ContainerRegistry/registries/metadata/read"
_METADATA_BY_REPOSITORY: Final = "Microsoft.ContainerRegistry/registries/repositories/metadata/read"


def lock_answer(looked: Looked, locked: LockedObject, settings: RegistrySettings | Unreadable) -> Answer:
    """Whether `locked` is: an object without `writeEnabled` refuses a push with 405."""
    match looked:
        case Attributes(write=False):
            saw = f"writeEnabled is false on {locked}"
            return Cause(name=CauseName.LOCKED, culprit=locked, saw=saw)
        case Attributes():
            return Cleared(saw=f"writeEnabled is true on {locked}")
        case Absent():
            return Cleared(saw=f"there is no {locked} yet, so it holds no lock")
        case NotAsked():
            return Cleared(saw=f"the push names no {locked.level.value}")
        case Unreadable():
            unknown = unread(f"the attributes of {locked}", looked)
            return replace(unknown, missing_right=_in_its_mode(unknown.missing_right, settings))


def _in_its_mode(right: str | None, settings: RegistrySettings | Unreadable) -> str | None:
    """The right as it is called where roles count repository by repository, if they do."""
    abac = isinstance(settings, RegistrySettings) and settings.abac
    return _METADATA_BY_REPOSITORY if abac and right == _METADATA else right
