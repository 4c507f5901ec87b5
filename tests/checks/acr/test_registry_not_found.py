"""A registry that Resource Manager does not know: found, cleared, and not to be told."""

import pytest

from checks.acr.registry_not_found import registry_not_found
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_registry_that_is_not_there_is_the_cause() -> None:
    assert registry_not_found.ask(ASKED_OF, ILL["no registry"]) == Cause(
        name=CauseName.REGISTRY_NOT_FOUND,
        culprit=RegistryItself(),
        saw="Azure knows no registry by that resource id",
        advice=(
            "Correct the resource id in PUSH_MEDIC_REGISTRIES, or find out who deleted or moved "
            "it: `az monitor activity-log list --resource-group GROUP`."
        ),
    )


@pytest.mark.parametrize(
    ("host", "cloud", "manager"),
    [
        ("contoso.azurecr.cn", "AzureChinaCloud", "https://management.chinacloudapi.cn"),
        ("Contoso.azurecr.us:443", "AzureUSGovernment", "https://management.usgovcloudapi.net"),
    ],
)
def test_a_registry_of_another_cloud_is_to_be_asked_about_there(host: str, cloud: str, manager: str) -> None:
    answer = registry_not_found.ask(ASKED_OF, but("resolution", ILL["no registry"], host=host))
    assert isinstance(answer, Cause)
    assert f"az cloud set --name {cloud}" in answer.advice
    assert f"PUSH_MEDIC_ARM_ENDPOINT is {manager} " in answer.advice


def test_a_registry_that_is_there_is_cleared() -> None:
    assert registry_not_found.ask(ASKED_OF, WELL) == Cleared(saw="Azure knows the registry")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert registry_not_found.ask(ASKED_OF, blind("profile")) == Unknown(
        why="the registry could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
