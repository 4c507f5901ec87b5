// The policy's right to the key with which Azure Monitor sends.

@description('The Event Hubs namespace, in the resource group of this deployment.')
param hubsName string

@description('The object id of the policy\'s identity.')
param principalId string

@description('The built-in role to give.')
param role string

resource hubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: hubsName
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hubs.id, principalId, role)
  scope: hubs
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
