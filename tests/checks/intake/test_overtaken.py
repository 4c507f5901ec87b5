"""What failed and then succeeded is no failure, and a refused layer is refused for the sake of its image."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.intake.overtaken import Success, parted
from checks.model import CauseName, Image, Signal, Symptom
from tests.memory import START
from tests.worlds import ADDRESS, APP, CONTOSO, NEW, PIPELINE, address_denied, push_refused

LATER = START + timedelta(seconds=6)
LAYER = Image("team/app")
REFUSED = push_refused(START, identity=PIPELINE)
LOGIN = push_refused(
    START, symptom=Symptom.UNAUTHORIZED, image=None, identity=PIPELINE, said=CauseName.AUTHENTICATION_FAILED
)
DENIED = address_denied(START)
LACKS_A_RIGHT = replace(REFUSED, symptom=Symptom.UNAUTHORIZED, said=CauseName.PERMISSION_DENIED)


def success(image: Image | None = APP, **changes: object) -> Success:
    made = Success(registry=CONTOSO.name, image=image, identity=PIPELINE, address=ADDRESS, at=LATER)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("failed", "later"),
    [
        (REFUSED, success()),
        (REFUSED, success(identity="somebody else", address="20.0.0.1")),
        (REFUSED, success(Image("team/app", "v1", NEW))),
        (replace(REFUSED, image=Image("team/app", digest=NEW)), success(Image("team/app", "v1", NEW))),
        (replace(REFUSED, image=LAYER), success()),
        (LACKS_A_RIGHT, success(address="20.0.0.1")),
        (LOGIN, success(None)),
        (DENIED, success(None)),
        (DENIED, success()),
    ],
)
def test_a_success_afterwards_withdraws_the_failure(failed: Signal, later: Success) -> None:
    assert parted([failed], [later])[0] == []


@pytest.mark.parametrize(
    ("failed", "other"),
    [
        (REFUSED, success(at=START - timedelta(seconds=1))),
        (REFUSED, success(at=START)),
        (REFUSED, success(Image("team/app", "v2"))),
        (REFUSED, success(Image("team/other", "v1"))),
        (REFUSED, success(registry="fabrikam")),
        (REFUSED, success(None)),
        (replace(REFUSED, image=LAYER), success(identity="somebody else")),
        (replace(REFUSED, image=LAYER), success(address="20.0.0.1")),
        (LACKS_A_RIGHT, success(identity="somebody else")),
        (LACKS_A_RIGHT, success(identity=None)),
        (LOGIN, success(None, identity="somebody else")),
        (LOGIN, success()),
        (DENIED, success(None, address="20.0.0.1")),
    ],
)
def test_a_success_before_or_of_something_else_withdraws_nothing(failed: Signal, other: Success) -> None:
    assert parted([failed], [other])[0] == [failed]


def test_of_many_tries_those_stand_that_no_success_came_after() -> None:
    again = replace(REFUSED, id="again", at=LATER + timedelta(seconds=1))
    assert parted([REFUSED, again], [success()])[0] == [again]


def test_a_refused_layer_is_of_the_image_that_the_same_push_names() -> None:
    layer = replace(REFUSED, id="layer", image=LAYER)
    assert parted([layer, REFUSED], [])[0] == [replace(layer, image=APP), REFUSED]


@pytest.mark.parametrize(
    "changes",
    [
        {"identity": "somebody else"},
        {"address": "20.0.0.1"},
        {"symptom": Symptom.THROTTLED},
        {"image": Image("team/other", "v1")},
        {"at": START + timedelta(minutes=6)},
    ],
)
def test_a_refused_layer_of_another_push_keeps_to_itself(changes: dict[str, object]) -> None:
    layer = replace(REFUSED, id="layer", image=LAYER)
    assert parted([layer, replace(REFUSED, **changes)], [])[0][0] == layer
