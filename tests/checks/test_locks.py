"""What the three lock checks have in common."""

import pytest

from checks.evidence import Evidence, Unreadable
from checks.locks import lock_answer
from checks.model import LockLevel, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, OBJECTS, set_to

REFUSED = Unreadable("Azure answered 401", "Microsoft.ContainerRegistry/registries/metadata/read")


@pytest.mark.parametrize(
    ("world", "right"),
    [
        (HEALTHY, "Microsoft.ContainerRegistry/registries/metadata/read"),
        (set_to(abac=True), "Microsoft.ContainerRegistry/registries/repositories/metadata/read"),
    ],
)
def test_the_right_that_is_missing_has_its_name_in_the_registrys_mode(world: Evidence, right: str) -> None:
    answer = lock_answer(REFUSED, OBJECTS[LockLevel.TAG], world.settings)
    assert isinstance(answer, Unknown)
    assert answer.missing_right == right


def test_another_right_is_named_as_it_was() -> None:
    answer = lock_answer(FORBIDDEN, OBJECTS[LockLevel.TAG], set_to(abac=True).settings)
    assert isinstance(answer, Unknown)
    assert answer.missing_right == FORBIDDEN.missing_right
