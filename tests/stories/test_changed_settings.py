"""Somebody changes a registry's settings, and what fails right after is told with who it was."""

import json
from collections.abc import Iterator

import pytest
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import (
    NetworkRuleSet,
    RegistryPropertiesUpdateParameters,
    RegistryUpdateParameters,
)

from checks.incident import State
from tests.installation import WRITER, Installation
from tests.local_azure import SUBSCRIPTION, LocalAzure, Registry
from tests.local_azure.tokens import object_id

COLLEAGUE = "55555555-5555-5555-5555-000000000001"


@pytest.fixture
def arm(azure: LocalAzure) -> Iterator[ContainerRegistryManagementClient]:
    """A colleague's way to change settings."""
    with ContainerRegistryManagementClient(
        azure.credential(COLLEAGUE, upn="ann@contoso.com"),
        SUBSCRIPTION,
        base_url=azure.arm_url,
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=azure.ca_certificate,
    ) as made:
        yield made


def close(arm: ContainerRegistryManagementClient) -> None:
    """Let nobody in any more."""
    rules = NetworkRuleSet(default_action="Deny", ip_rules=[])
    change = RegistryUpdateParameters(properties=RegistryPropertiesUpdateParameters(network_rule_set=rules))
    arm.registries.begin_update("rg1", "contoso", change).result()


@pytest.mark.parametrize("cloud", [False, True])
def test_whoever_closed_the_firewall_before_the_first_denial_is_told_by_id_and_not_by_name(
    azure: LocalAzure,
    contoso: Registry,
    bot: Installation,
    arm: ContainerRegistryManagementClient,
    *,
    cloud: bool,
) -> None:
    close(arm)
    bot.events(cloud=cloud)
    azure.log_firewall_denials = True
    assert azure.push(contoso, "team/app", "v1").status == 403
    bot.stream()
    bot.work()
    card = json.dumps(azure.teams_cards[0])
    assert f"by {object_id(COLLEAGUE)}, with the application {COLLEAGUE}" in card
    assert "0 min before the first failure" in card
    assert "ann" not in card


def test_the_bots_own_rule_is_blamed_on_nobody(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.default_action = "Deny"
    azure.log_firewall_denials = True
    azure.push(contoso, "team/app", "v1")
    bot.stream()
    bot.work()
    assert [call.identity for call in azure.writes()] == [WRITER]
    bot.events()
    azure.client_address = "52.138.231.6"
    azure.push(contoso, "team/app", "v1")
    bot.stream()
    bot.work()
    assert [incident.state for incident in bot.app.incidents.of("contoso")] == [State.MENDED] * 2
    assert all("Settings changed" not in json.dumps(card) for card in azure.teams_cards)


def test_an_image_that_was_deleted_is_nothing_to_the_bot(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.push(contoso, "team/app", "v1")
    [event] = azure.take_events()
    deleted = event.as_event_grid() | {"eventType": "Microsoft.ContainerRegistry.ImageDeleted"}
    assert bot.host.deliver("registry_events", [deleted]) == 202
    assert list(bot.app.incidents.of("contoso")) == []
    assert bot.app.rejected.recent() == ()
