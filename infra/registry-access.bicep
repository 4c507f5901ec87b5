// Both identities' rights on one registry.

@description('The name of the registry, in the resource group of this deployment.')
param registryName string

@description('The object id of the identity that looks.')
param readerPrincipalId string

@description('The role of the identity that looks, by name.')
param readerRole string

@description('The object id of the identity that changes.')
param writerPrincipalId string

@description('The role of the identity that changes, by name.')
param writerRole string

@description('The beginnings of the names of the repositories whose locks may be changed. Empty is all of them.')
param repositoryPrefixes string[]

var metadata = 'Microsoft.ContainerRegistry/registries/repositories/metadata'
var repository = '@Request[Microsoft.ContainerRegistry/registries/repositories:name]'
var chosen = [for prefix in repositoryPrefixes: '${repository} StringStartsWithIgnoreCase \'${prefix}\'']
// It narrows data actions, so it is without effect where the registry does not go by them.
var condition = '(!(ActionMatches{\'${metadata}/read\'}) AND !(ActionMatches{\'${metadata}/write\'})) OR (${join(chosen, ' OR ')})'

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource readerLooks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, readerPrincipalId, readerRole)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', readerRole)
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource writerChanges 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, writerPrincipalId, writerRole)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', writerRole)
    principalId: writerPrincipalId
    principalType: 'ServicePrincipal'
    condition: empty(repositoryPrefixes) ? null : condition
    conditionVersion: empty(repositoryPrefixes) ? null : '2.0'
  }
}
