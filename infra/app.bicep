// The function app on its plan.

@description('The name of the function app.')
param name string

@description('The name of the plan.')
param planName string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('The identity that looks, by resource id.')
param readerId string

@description('The identity that changes, by resource id.')
param writerId string

@description('The container that holds the code.')
param packageContainerUri string

@description('At most so many instances at the same time.')
param maximumInstances int

@description('The subnet for what the app calls; empty for the open Internet.')
param subnetId string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd deploys to the site that bears the name of the service in azure.yaml.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${readerId}': {}, '${writerId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Event Grid and pipelines come in from outside, with a key or a token.
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: readerId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: readerId }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: { instanceMemoryMB: 2048, maximumInstanceCount: maximumInstances }
    }
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      remoteDebuggingEnabled: false
    }
  }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [for way in ['ftp', 'scm']: {
  parent: app
  name: way
  properties: { allow: false }
}]

output id string = app.id
output name string = app.name
output host string = app.properties.defaultHostName
