"""Whole installations, from azd's environment to the last resource."""

from collections import Counter

import pytest

from tests.infra.conftest import AGENTS, ELSEWHERE, EVERYTHING, MINIMAL, registry
from tests.infra.deployment import CLOUDS, SUBSCRIPTION, TENANT, Deployment, deploy, parameters
from tests.infra.syntax import BicepError
from tests.infra.test_settings import settings_of


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_has_its_endpoints(cloud: str) -> None:
    settings = settings_of(deploy(parameters(MINIMAL), cloud=cloud))
    assert settings["PUSH_MEDIC_ARM_ENDPOINT"] == CLOUDS[cloud][0]
    commercial = settings_of(deploy(parameters(MINIMAL)))
    for name in ("PUSH_MEDIC_LOGS_ENDPOINT", "PUSH_MEDIC_REGISTRY_AUDIENCE"):
        assert (settings[name] == commercial[name]) is (cloud == "AzureCloud")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_everything_can_be_had_in_every_cloud(cloud: str) -> None:
    found = deploy(parameters(EVERYTHING), cloud=cloud)
    zones = {one.name for one in found.made("Microsoft.Network/privateDnsZones")}
    assert len(zones) == 6
    assert any(CLOUDS[cloud][1] in zone for zone in zones)


def test_the_smallest_installation_needs_three_answers() -> None:
    for name in MINIMAL:
        with pytest.raises(BicepError, match=f"{name} is not set"):
            parameters({key: value for key, value in MINIMAL.items() if key != name})


def test_an_answer_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BicepError, match="email"):
        deploy(parameters({**MINIMAL, "PUSH_MEDIC_EMAIL": "pigeon"}))


def test_no_two_resources_are_the_same(everything: Deployment) -> None:
    counted = Counter(one.id.lower() for one in everything.resources if not one.existing)
    assert [id_ for id_, times in counted.items() if times > 1] == []


def test_everything_of_the_bots_own_is_in_one_group(minimal: Deployment) -> None:
    groups = {one.place.group for one in minimal.resources if not one.existing}
    assert groups == {None, "rg-prod", "registries"}
    beside = {one.type for one in minimal.resources if not one.existing and one.place.group == "registries"}
    assert beside == {
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.EventGrid/systemTopics",
        "Microsoft.Insights/diagnosticSettings",
        "Microsoft.Insights/metricAlerts",
    }


def test_a_registry_of_another_subscription_is_reached_there(everything: Deployment) -> None:
    there = {
        one.type for one in everything.resources if one.place.subscription == ELSEWHERE and not one.existing
    }
    assert "Microsoft.Insights/diagnosticSettings" in there
    assert "Microsoft.Authorization/roleAssignments" in there


def test_machines_may_be_asked_about_in_the_chosen_subscriptions_only(
    everything: Deployment, minimal: Deployment
) -> None:
    def chosen(of: Deployment) -> set[str]:
        role = next(
            one for one in of.made("Microsoft.Authorization/roleDefinitions") if one.symbol == "networkReader"
        )
        rights = of.made("Microsoft.Authorization/roleAssignments")
        given = [one for one in rights if one.body["properties"]["roleDefinitionId"].endswith(role.name)]
        assert all(one.place.group is None for one in given)
        assert all("reader" in one.body["properties"]["principalId"] for one in given)
        return {one.place.subscription for one in given}

    assert chosen(minimal) == set()
    assert chosen(everything) == {SUBSCRIPTION, AGENTS}


def test_an_existing_workspace_is_used_where_it_is() -> None:
    logs = f"/subscriptions/{ELSEWHERE}/resourceGroups/logs"
    workspace = f"{logs}/providers/Microsoft.OperationalInsights/workspaces/central"
    found = deploy(parameters({**MINIMAL, "PUSH_MEDIC_EXISTING_WORKSPACE_ID": workspace}))
    assert found.made("Microsoft.OperationalInsights/workspaces") == []
    assert "central" in settings_of(found)["PUSH_MEDIC_WORKSPACE_ID"]
    setting = found.only("Microsoft.Insights/diagnosticSettings").body["properties"]
    assert setting["workspaceId"] == workspace
    asks = [one for one in found.made("Microsoft.Authorization/roleAssignments") if one.place.group == "logs"]
    assert [one.place.subscription for one in asks] == [ELSEWHERE]


def test_an_existing_topic_is_used_since_azure_allows_no_second() -> None:
    existing = f'{{"{registry("contoso")}": "theirs"}}'
    settings = {**MINIMAL, "PUSH_MEDIC_EXISTING_TOPICS": existing, "PUSH_MEDIC_CONNECT_EVENTS": "true"}
    found = deploy(parameters(settings))
    sources = [one.body["properties"]["source"] for one in found.made("Microsoft.EventGrid/systemTopics")]
    assert registry("contoso") not in sources
    parents = [
        one.body["parent"].name for one in found.made("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    ]
    assert "theirs" in parents


def test_a_registry_far_from_the_hub_streams_to_the_workspace_only() -> None:
    near = deploy(parameters(MINIMAL)).only("Microsoft.Insights/diagnosticSettings").body["properties"]
    far = deploy(parameters({**MINIMAL, "AZURE_LOCATION": "northeurope"}))
    setting = far.only("Microsoft.Insights/diagnosticSettings").body["properties"]
    assert near["eventHubName"] == "push-medic-logs"
    assert setting["eventHubName"] is setting["eventHubAuthorizationRuleId"] is None
    assert setting["workspaceId"]


def test_nobody_has_a_key_to_the_state(everything: Deployment) -> None:
    account = everything.only("Microsoft.Storage/storageAccounts").body["properties"]
    assert account["allowSharedKeyAccess"] is False
    assert everything.only("Microsoft.EventGrid/topics").body["properties"]["disableLocalAuth"] is True
    assert everything.only("Microsoft.Insights/components").body["properties"]["DisableLocalAuth"] is True


def test_private_networking_closes_what_is_not_called_from_outside(
    everything: Deployment, minimal: Deployment
) -> None:
    account = everything.only("Microsoft.Storage/storageAccounts").body["properties"]["networkAcls"]
    assert account == {"bypass": "AzureServices", "defaultAction": "Deny"}
    assert (
        everything.only("Microsoft.KeyVault/vaults").body["properties"]["publicNetworkAccess"] == "Disabled"
    )
    hubs = everything.only("Microsoft.EventHub/namespaces/networkRuleSets").body["properties"]
    assert hubs["defaultAction"] == "Deny"
    assert hubs["trustedServiceAccessEnabled"] is True
    assert minimal.made("Microsoft.Network/privateEndpoints") == []
    # Storage three times, the hub, the vault, and three registries.
    assert len(everything.made("Microsoft.Network/privateEndpoints")) == 8


def test_people_sign_in_with_the_tenant_and_no_secret(everything: Deployment, minimal: Deployment) -> None:
    (signed,) = (
        one.body["properties"]
        for one in everything.made("Microsoft.Web/sites/config")
        if one.name.endswith("/authsettingsV2")
    )
    registration = signed["identityProviders"]["azureActiveDirectory"]["registration"]
    assert registration["openIdIssuer"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert registration["clientSecretSettingName"] in settings_of(everything)
    assert [one.name.rpartition("/")[2] for one in minimal.made("Microsoft.Web/sites/config")] == [
        "appsettings"
    ]


def test_the_app_runs_on_the_python_that_the_project_wants(minimal: Deployment) -> None:
    runtime = minimal.only("Microsoft.Web/sites").body["properties"]["functionAppConfig"]["runtime"]
    assert runtime == {"name": "python", "version": "3.13"}
