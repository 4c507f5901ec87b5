// The policy's right to make diagnostic settings. A module, because an assignment's name must hold the identity that it
// is for: Azure refuses to hand an assignment on to another, which a policy that was removed and made again has.
targetScope = 'subscription'

@description('The object id of the policy\'s identity.')
param principalId string

@description('The built-in role to give.')
param role string

resource makes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
