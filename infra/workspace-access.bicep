// A right on the workspace: the reader's, to ask for the tables of registries and for no other; or the policy's.

@description('The name of the workspace, in the resource group of this deployment.')
param workspaceName string

@description('The object id of the identity.')
param principalId string

@description('The role, by name.')
param roleName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource asks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, principalId, roleName)
  scope: workspace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
