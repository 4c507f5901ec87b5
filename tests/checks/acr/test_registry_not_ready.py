"""A registry in the middle of a change, or left over from one that failed: found, cleared, and not to be told."""

from checks.acr.registry_not_ready import registry_not_ready
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_change_that_has_not_succeeded_is_the_cause() -> None:
    assert registry_not_ready.ask(ASKED_OF, ILL["updating"]) == Cause(
        name=CauseName.SERVER_ERROR,
        culprit=RegistryItself(),
        saw="the provisioning state is Updating",
        advice=(
            "Wait if somebody is changing it; if it stays, change any setting again, or ask Azure support."
        ),
    )


def test_a_change_that_has_succeeded_is_cleared() -> None:
    assert registry_not_ready.ask(ASKED_OF, WELL) == Cleared(saw="the provisioning state is Succeeded")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert registry_not_ready.ask(ASKED_OF, blind("profile")) == Unknown(
        why="the provisioning state could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
