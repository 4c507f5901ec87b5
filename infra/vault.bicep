// The few secrets, and how the app's settings refer to them. Everything else is done with identities.

@description('The name of the vault.')
param name string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('The object id of the identity with which App Service reads the secrets.')
param readerPrincipalId string

@description('The secrets in use: teams-url, devops-token, servicenow-password, jira-token, github-token, pagerduty-key, smtp-password, form-key with which the approval page signs its forms, and email-key for a Communication Services resource that does not know our identity.')
param secretNames string[]

@description('Values to put into the vault now, by the names of the secrets.')
@secure()
param secretValues object

@description('Let in private endpoints only, and Azure services that Azure trusts.')
param private bool

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [for secret in secretNames: if (contains(secretValues, secret) && !empty(secretValues[secret])) {
  parent: vault
  name: secret
  properties: {
    value: secretValues[secret]
    contentType: 'text/plain'
  }
}]

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, readerPrincipalId, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output id string = vault.id
output uri string = vault.properties.vaultUri
