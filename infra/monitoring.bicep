// Where rows and telemetry are kept.

@description('The name of the workspace, where it is ours.')
param workspaceName string

@description('An existing workspace by resource id; empty to create one.')
param existingWorkspaceId string

@description('The name of the Application Insights component.')
param insightsName string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('How long a workspace of our own keeps its rows.')
param retentionInDays int

@description('The object id of the identity that sends telemetry.')
param publisherPrincipalId string

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var ours = empty(existingWorkspaceId)
var id = ours ? resourceId('Microsoft.OperationalInsights/workspaces', workspaceName) : existingWorkspaceId

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (ours) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    features: { disableLocalAuth: true }
  }
}

resource theirs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = if (!ours) {
  name: split(id, '/')[8]
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: ours ? workspace.id : id
    DisableLocalAuth: true
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, publisherPrincipalId, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: publisherPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output workspaceId string = ours ? workspace.id : id
output workspaceCustomerId string = ours ? workspace!.properties.customerId : theirs!.properties.customerId
output insightsId string = insights.id
output insightsConnectionString string = insights.properties.ConnectionString
