// Mail through Azure Communication Services, sent with an identity.

@description('The name of the Communication Services resource.')
param communicationName string

@description('The name of the Email Communication Service, where the domain is Azure\'s own.')
param emailName string

@description('Where data is kept at rest.')
param dataLocation string

@description('A verified domain by resource id; empty for Azure\'s own.')
param existingDomainId string

@description('The sender on a domain of yours.')
param sender string

@description('Tags for everything that is created.')
param tags object

@description('The object id of the identity that sends.')
param senderPrincipalId string

// "Communication and Email Service Owner": there is no smaller role that may send, so it holds for this resource only.
var emailOwner = '09976791-48a7-449e-bb21-39d1a415f350'
var azureDomain = empty(existingDomainId)

resource service 'Microsoft.Communication/emailServices@2023-04-01' = if (azureDomain) {
  name: emailName
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource domain 'Microsoft.Communication/emailServices/domains@2023-04-01' = if (azureDomain) {
  parent: service
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: { domainManagement: 'AzureManaged', userEngagementTracking: 'Disabled' }
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: communicationName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    linkedDomains: [azureDomain ? domain.id : existingDomainId]
  }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, senderPrincipalId, emailOwner)
  scope: communication
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', emailOwner)
    principalId: senderPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = 'https://${communication.properties.hostName}'
output sender string = azureDomain ? 'DoNotReply@${domain!.properties.fromSenderDomain}' : sender
