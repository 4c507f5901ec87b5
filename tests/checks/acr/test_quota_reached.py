"""What a registry of its SKU may have so many of: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.quota_reached import quota_reached
from checks.evidence import Quota, Quotas
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_limit_that_is_reached_is_the_cause() -> None:
    assert quota_reached.ask(ASKED_OF, ILL["full quota"]) == Cause(
        name=CauseName.UNKNOWN,
        culprit=RegistryItself(),
        saw="in use: 500 of 500 Webhooks",
        advice=(
            "Remove what nobody needs, or take a larger SKU: `az acr update --name REGISTRY --sku Premium`."
        ),
    )


def test_limits_that_are_far_are_cleared() -> None:
    assert quota_reached.ask(ASKED_OF, WELL) == Cleared(saw="none of 1 limits is near")


def test_a_limit_that_is_near_is_noted() -> None:
    world = replace(WELL, quotas=Quotas((Quota("IPRules", 190, 200), Quota("Webhooks", 1, 500))))
    assert quota_reached.ask(ASKED_OF, world) == Cleared(
        saw="in use: 190 of 200 IPRules", advice="Not many more can be added."
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert quota_reached.ask(ASKED_OF, blind("quotas")) == Unknown(
        why="the usage of quotas could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
