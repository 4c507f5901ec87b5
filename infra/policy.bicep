// Every registry of the subscription sends its logs to the bot, those included that are made later.
targetScope = 'subscription'

@description('The name of this installation.')
param environmentName string

@description('The region of the bot, and of its hub.')
param location string

@description('The Log Analytics workspace.')
param workspaceId string

@description('The rule with whose key Azure Monitor sends to the hub.')
param hubAuthorizationRuleId string

@description('The hub.')
param hubName string

@description('The name of the Event Hubs namespace.')
param hubsName string

@description('The resource group that holds the namespace.')
param resourceGroupName string

// What Azure's own policies for diagnostic settings name: the first makes the setting, the second reads the hub's key.
var logAnalyticsContributor = '92aaf0da-9dab-42b6-94a3-d43ce8d16293'
var eventHubsDataOwner = 'f526a384-b230-433a-b45c-95f59c4a2dec'
var setting = 'push-medic'

resource definition 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {
  name: 'push-medic-${uniqueString(environmentName)}'
  properties: {
    displayName: 'Registries send their logs to Push Medic (${environmentName})'
    description: 'Makes the diagnostic setting that Push Medic needs, on each registry that has none.'
    policyType: 'Custom'
    mode: 'Indexed'
    metadata: { category: 'Monitoring', version: '1.0.0' }
    parameters: {
      workspaceId: { type: 'String', metadata: { displayName: 'Log Analytics workspace', assignPermissions: true } }
      hubAuthorizationRuleId: { type: 'String', metadata: { displayName: 'Event Hubs authorization rule', assignPermissions: true } }
      hubName: { type: 'String', metadata: { displayName: 'Event hub' } }
      hubLocation: { type: 'String', metadata: { displayName: 'Region of the hub' } }
    }
    policyRule: {
      if: { field: 'type', equals: 'Microsoft.ContainerRegistry/registries' }
      then: {
        effect: 'DeployIfNotExists'
        details: {
          type: 'Microsoft.Insights/diagnosticSettings'
          name: setting
          existenceCondition: {
            allOf: [
              { field: 'Microsoft.Insights/diagnosticSettings/logs.enabled', equals: 'true' }
              { field: 'Microsoft.Insights/diagnosticSettings/workspaceId', equals: '[parameters(\'workspaceId\')]' }
            ]
          }
          roleDefinitionIds: [
            '/providers/Microsoft.Authorization/roleDefinitions/${logAnalyticsContributor}'
            '/providers/Microsoft.Authorization/roleDefinitions/${eventHubsDataOwner}'
          ]
          deployment: {
            properties: {
              mode: 'incremental'
              parameters: {
                registryName: { value: '[field(\'name\')]' }
                registryLocation: { value: '[field(\'location\')]' }
                workspaceId: { value: '[parameters(\'workspaceId\')]' }
                hubAuthorizationRuleId: { value: '[parameters(\'hubAuthorizationRuleId\')]' }
                hubName: { value: '[parameters(\'hubName\')]' }
                hubLocation: { value: '[parameters(\'hubLocation\')]' }
              }
              template: {
                '$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
                contentVersion: '1.0.0.0'
                parameters: {
                  registryName: { type: 'string' }
                  registryLocation: { type: 'string' }
                  workspaceId: { type: 'string' }
                  hubAuthorizationRuleId: { type: 'string' }
                  hubName: { type: 'string' }
                  hubLocation: { type: 'string' }
                }
                // Azure Monitor streams only within a region.
                variables: { besideTheHub: '[equals(toLower(parameters(\'registryLocation\')), toLower(parameters(\'hubLocation\')))]' }
                resources: [
                  {
                    type: 'Microsoft.ContainerRegistry/registries/providers/diagnosticSettings'
                    apiVersion: '2021-05-01-preview'
                    name: '[concat(parameters(\'registryName\'), \'/Microsoft.Insights/${setting}\')]'
                    properties: {
                      workspaceId: '[parameters(\'workspaceId\')]'
                      eventHubAuthorizationRuleId: '[if(variables(\'besideTheHub\'), parameters(\'hubAuthorizationRuleId\'), null())]'
                      eventHubName: '[if(variables(\'besideTheHub\'), parameters(\'hubName\'), null())]'
                      logs: [
                        { category: 'ContainerRegistryRepositoryEvents', enabled: true }
                        { category: 'ContainerRegistryLoginEvents', enabled: true }
                      ]
                    }
                  }
                ]
              }
            }
          }
        }
      }
    }
  }
}

resource assignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'push-medic-${uniqueString(environmentName)}'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    displayName: 'Registries send their logs to Push Medic (${environmentName})'
    policyDefinitionId: definition.id
    parameters: {
      workspaceId: { value: workspaceId }
      hubAuthorizationRuleId: { value: hubAuthorizationRuleId }
      hubName: { value: hubName }
      hubLocation: { value: replace(toLower(location), ' ', '') }
    }
  }
}

module makesSettings 'policy-access.bicep' = {
  name: 'push-medic-policy-settings'
  params: { principalId: assignment.identity.principalId, role: logAnalyticsContributor }
}

// A workspace elsewhere is not covered by a right on this subscription.
module usesWorkspace 'workspace-access.bicep' = if (split(workspaceId, '/')[2] != subscription().subscriptionId) {
  name: 'push-medic-policy-workspace'
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  params: {
    workspaceName: split(workspaceId, '/')[8]
    principalId: assignment.identity.principalId
    roleName: logAnalyticsContributor
  }
}

module readsKey 'hub-access.bicep' = {
  name: 'push-medic-policy-hub'
  scope: resourceGroup(resourceGroupName)
  params: { hubsName: hubsName, principalId: assignment.identity.principalId, role: eventHubsDataOwner }
}
