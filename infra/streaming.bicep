// The hub through which the registries' logs arrive.

@description('The name of the Event Hubs namespace.')
param name string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('The object id of the identity that reads the hub.')
param receiverPrincipalId string

@description('Let in private endpoints only, and Azure services that Azure trusts.')
param private bool

var dataReceiver = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    minimumTlsVersion: '1.2'
    // Azure Monitor sends with the key of a rule and knows no other way; the bot itself reads with its identity.
    // https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings#destination-limitations
    disableLocalAuth: false
    publicNetworkAccess: 'Enabled'
  }
}

resource rules 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = {
  parent: namespace
  name: 'default'
  properties: {
    // As a trusted service Azure Monitor gets through a firewall, but not through a disabled public endpoint.
    publicNetworkAccess: 'Enabled'
    trustedServiceAccessEnabled: true
    defaultAction: private ? 'Deny' : 'Allow'
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: 'push-medic-logs'
  properties: {
    partitionCount: 4
    // As long as a broken bot may take to be mended, before Log Analytics must help.
    messageRetentionInDays: 3
  }
}

// The rights that Azure Monitor demands, on the namespace because it takes no rule of a single hub.
resource sender 'Microsoft.EventHub/namespaces/authorizationRules@2024-01-01' = {
  parent: namespace
  name: 'azure-monitor'
  properties: { rights: ['Manage', 'Send', 'Listen'] }
}

resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace.id, receiverPrincipalId, dataReceiver)
  scope: namespace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReceiver)
    principalId: receiverPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output namespaceId string = namespace.id
output hubName string = hub.name
output senderRuleId string = sender.id
// The endpoint reads https://NAME.servicebus.windows.net:443/
output host string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
