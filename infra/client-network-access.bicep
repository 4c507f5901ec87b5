// The reader's right to ask Network Watcher about the machines of one subscription. It can change nothing there.
targetScope = 'subscription'

@description('The object id of the identity that looks.')
param principalId string

@description('The role, by name.')
param roleName string

resource looks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleName)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
