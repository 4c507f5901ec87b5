// The custom topic to which pipelines report failed pushes, each with an identity of its own.

@description('The name of the topic.')
param name string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('Object ids of the identities that may report.')
param reporterPrincipalIds string[]

var dataSender = 'd5a91429-5739-47e2-a06b-3470a27159e7'

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    // Hosted build agents come from anywhere; what they must show is a token.
    publicNetworkAccess: 'Enabled'
  }
}

resource reports 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principalId in reporterPrincipalIds: {
  name: guid(topic.id, principalId, dataSender)
  scope: topic
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

output id string = topic.id
output name string = topic.name
output endpoint string = topic.properties.endpoint
output principalId string = topic.identity.principalId
