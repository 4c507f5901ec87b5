"""Every cause comes with something to do."""

import pytest

from checks.intake.advice import ADVICE
from checks.model import CauseName


def test_every_cause_has_its_advice() -> None:
    assert set(ADVICE) == set(CauseName)


@pytest.mark.parametrize("cause", CauseName)
def test_advice_is_short_and_names_a_place_or_a_command(cause: CauseName) -> None:
    advice = ADVICE[cause]
    assert advice.endswith(".")
    assert len(advice) <= 400
    assert "`" in advice or "portal" in advice


def test_no_advice_opens_a_registry_to_everybody() -> None:
    everything = " ".join(ADVICE.values())
    assert "--public-network-enabled" not in everything
    assert "--default-action Allow" not in everything
    assert " delete " not in everything.replace("soft delete ", "")
