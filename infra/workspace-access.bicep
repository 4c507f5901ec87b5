// The reader's right to ask the workspace for the tables of registries, and for no other.

@description('The name of the workspace, in the resource group of this deployment.')
param workspaceName string

@description('The object id of the reader.')
param principalId string

@description('The reader\'s role, by name.')
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
