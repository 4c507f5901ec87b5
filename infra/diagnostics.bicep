// The logs of one registry: to the hub at once, and to the workspace, where what the stream lost is found again.

@description('The name of the registry, in the resource group of this deployment.')
param registryName string

@description('The Log Analytics workspace.')
param workspaceId string

@description('The region of the hub. Azure Monitor streams only within a region.')
param hubLocation string

@description('The rule with whose key Azure Monitor sends to the hub.')
param hubAuthorizationRuleId string

@description('The hub.')
param hubName string

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

var besideTheHub = toLower(registry.location) == replace(toLower(hubLocation), ' ', '')

resource setting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'push-medic'
  scope: registry
  properties: {
    workspaceId: workspaceId
    eventHubAuthorizationRuleId: besideTheHub ? hubAuthorizationRuleId : null
    eventHubName: besideTheHub ? hubName : null
    logs: [
      { category: 'ContainerRegistryRepositoryEvents', enabled: true }
      { category: 'ContainerRegistryLoginEvents', enabled: true }
    ]
  }
}
