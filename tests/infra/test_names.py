"""Names within Azure's rules, however the installation is called.

https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
"""

import re

import pytest

from tests.infra.conftest import EVERYTHING
from tests.infra.deployment import deploy, parameters

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RULES = {
    "Microsoft.Authorization/policyAssignments": r"[^<>*%&:?.+/\\]{1,63}[^<>*%&:?.+/\\ ]",
    "Microsoft.Authorization/policyDefinitions": r"[^<>*%&:?+/\\]{1,63}[^<>*%&:?+/\\. ]",
    "Microsoft.Authorization/roleAssignments": GUID,
    "Microsoft.Authorization/roleDefinitions": GUID,
    "Microsoft.Communication/communicationServices": r"[A-Za-z0-9-]{1,63}",
    "Microsoft.Communication/emailServices": r"[A-Za-z0-9-]{1,63}",
    "Microsoft.Communication/emailServices/domains": r"AzureManagedDomain",
    "Microsoft.EventGrid/systemTopics": r"[A-Za-z0-9-]{3,50}",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": r"[A-Za-z0-9-]{3,64}",
    "Microsoft.EventGrid/topics": r"[A-Za-z0-9-]{3,50}",
    "Microsoft.EventGrid/topics/eventSubscriptions": r"[A-Za-z0-9-]{3,64}",
    "Microsoft.EventHub/namespaces": r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
    "Microsoft.EventHub/namespaces/authorizationRules": r"[A-Za-z0-9][A-Za-z0-9._-]{0,48}[A-Za-z0-9]",
    "Microsoft.EventHub/namespaces/eventhubs": r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}[A-Za-z0-9]",
    "Microsoft.EventHub/namespaces/networkRuleSets": r"default",
    "Microsoft.Insights/actionGroups": r"[^<>&%#?/:]{1,259}[^<>&%#?/: .]",
    "Microsoft.Insights/components": r"[^%&\\?/]{1,259}[^%&\\?/ .]",
    "Microsoft.Insights/diagnosticSettings": r"[^*<>%:&?/\\+]{1,64}",
    "Microsoft.Insights/metricAlerts": r"[^*#&+:<>?@%{}\\/|]{1,259}[^*#&+:<>?@%{}\\/|. ]",
    "Microsoft.Insights/scheduledQueryRules": r"[^*<>%{}&:\\?/#|]{1,259}[^*<>%{}&:\\?/#| .]",
    "Microsoft.Insights/workbooks": GUID,
    "Microsoft.KeyVault/vaults": r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "Microsoft.KeyVault/vaults/secrets": r"[A-Za-z0-9-]{1,127}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    "Microsoft.Network/privateDnsZones": r"[a-z0-9.-]{1,63}(\.[a-z0-9-]{1,63})*",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": r"[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]",
    "Microsoft.Network/privateEndpoints": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": r"[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]",
    "Microsoft.Network/virtualNetworks": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Resources/resourceGroups": r"[\w().-]{0,89}[\w()-]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": r"default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Storage/storageAccounts/queueServices": r"default",
    "Microsoft.Storage/storageAccounts/queueServices/queues": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    # The host tells apps that share a storage account apart by the first 32 characters.
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": r"ftp|scm",
    "Microsoft.Web/sites/config": r"appsettings|authsettingsV2",
}


@pytest.mark.parametrize("called", ["a", "prod", "Team_1.(West)", "x" * 64])
def test_every_name_is_one_that_azure_takes(called: str) -> None:
    found = deploy(parameters({**EVERYTHING, "AZURE_ENV_NAME": called}))
    made = [one for one in found.resources if not one.existing]
    assert {one.type for one in made} == RULES.keys()
    assert [one.name for one in made if not re.fullmatch(RULES[one.type], one.name.rpartition("/")[2])] == []


def test_an_alert_group_has_a_short_name_that_is_short_enough() -> None:
    group = deploy(parameters(EVERYTHING)).only("Microsoft.Insights/actionGroups")
    assert len(group.body["properties"]["groupShortName"]) <= 12
