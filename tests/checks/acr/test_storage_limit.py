"""The ceiling on a registry's storage."""

import pytest
from msgspec.structs import replace

from checks.acr.storage_limit import storage_limit
from checks.evidence import CeilingSource
from checks.model import Cause, CauseName, Cleared, FullStorage, Unknown
from tests.worlds import FILLING, FORBIDDEN, HEALTHY, PUSH, TEBIBYTE, USAGE, unreadable, used

GIBIBYTE = 1024**3


def test_a_registry_at_its_ceiling_is_the_cause_of_a_refused_push() -> None:
    assert storage_limit.ask(PUSH, used(99)) == Cause(
        name=CauseName.STORAGE_LIMIT,
        culprit=FullStorage(
            used=99 * TEBIBYTE, ceiling=100 * TEBIBYTE, ceiling_is=CeilingSource.SERVICE.value
        ),
        saw="99.0 TiB of 100.0 TiB used, 99 % (ceiling: the service's own MaximumStorageCapacity)",
    )


def test_a_registry_with_room_is_cleared() -> None:
    assert storage_limit.ask(PUSH, HEALTHY) == Cleared(
        saw="1.0 TiB of 100.0 TiB used, 1 % (ceiling: the service's own MaximumStorageCapacity)"
    )


def test_usage_that_could_not_be_read_is_unknown_and_the_right_is_named() -> None:
    assert storage_limit.ask(PUSH, unreadable("usage")) == Unknown(
        why="usage could not be read: Azure answered 403", missing_right=FORBIDDEN.missing_right
    )


@pytest.mark.parametrize(("percent", "refuses"), [(94, False), (95, True), (100, True), (101, True)])
def test_a_push_is_refused_for_storage_only_from_95_percent_because_the_figure_lags(
    percent: int, *, refuses: bool
) -> None:
    assert isinstance(storage_limit.ask(PUSH, used(percent)), Cause) is refuses


@pytest.mark.parametrize(("percent", "reached"), [(79, False), (80, True), (90, True)])
def test_a_band_is_reached_at_its_own_share(percent: int, *, reached: bool) -> None:
    assert isinstance(storage_limit.ask(FILLING, used(percent)), Cause) is reached


def test_a_share_is_rounded_down_so_that_no_band_is_reached_early() -> None:
    nearly = replace(HEALTHY, usage=replace(USAGE, used=80 * TEBIBYTE - 1))
    assert isinstance(storage_limit.ask(FILLING, nearly), Cleared)


def test_a_ceiling_that_was_only_assumed_says_so() -> None:
    assumed = replace(USAGE, used=GIBIBYTE, ceiling=40 * TEBIBYTE, ceiling_from=CeilingSource.ASSUMED)
    answer = storage_limit.ask(PUSH, replace(HEALTHY, usage=assumed))
    assert isinstance(answer, Cleared)
    assert answer.saw.startswith("1.0 GiB of 40.0 TiB used, 0 % (ceiling: assumed")
    assert "100 TiB" in answer.saw
