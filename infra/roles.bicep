// What the two identities may do: exactly the actions that the code uses, which tests/infra holds against the code.
targetScope = 'subscription'

@description('The name of this installation: a role\'s name is unique in its tenant.')
param environmentName string

@description('The subscriptions in which the roles can be assigned. Being assignable grants nothing.')
param assignableScopes string[]

// A registry in ABAC mode goes by the data actions and ignores `registries/metadata`; the other kind does the reverse.
resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, environmentName, 'push-medic-reader')
  properties: {
    roleName: 'Push Medic Reader (${environmentName})'
    description: 'Looks at registries, at the locks of what they hold, and at their logs.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.ContainerRegistry/registries/read'
          'Microsoft.ContainerRegistry/registries/listUsages/read'
          'Microsoft.ContainerRegistry/registries/metadata/read'
          'Microsoft.Insights/metrics/read'
          'Microsoft.Insights/diagnosticSettings/read'
          'Microsoft.Authorization/permissions/read'
          'Microsoft.OperationalInsights/workspaces/query/read'
          'Microsoft.OperationalInsights/workspaces/query/ContainerRegistryLoginEvents/read'
          'Microsoft.OperationalInsights/workspaces/query/ContainerRegistryRepositoryEvents/read'
        ]
        dataActions: [
          'Microsoft.ContainerRegistry/registries/repositories/metadata/read'
          'Microsoft.ContainerRegistry/registries/catalog/read'
        ]
      }
    ]
    assignableScopes: assignableScopes
  }
}

// `registries/write` is coarse: Azure has no smaller right for network rules. So it is held by an identity of its own.
resource writer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, environmentName, 'push-medic-writer')
  properties: {
    roleName: 'Push Medic Writer (${environmentName})'
    description: 'Changes locks and network rules, and sees whether that worked.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.ContainerRegistry/registries/read'
          'Microsoft.ContainerRegistry/registries/write'
          'Microsoft.ContainerRegistry/registries/metadata/read'
          'Microsoft.ContainerRegistry/registries/metadata/write'
          'Microsoft.ContainerRegistry/registries/operationStatuses/read'
          'Microsoft.Authorization/permissions/read'
        ]
        dataActions: [
          'Microsoft.ContainerRegistry/registries/repositories/metadata/read'
          'Microsoft.ContainerRegistry/registries/repositories/metadata/write'
        ]
      }
    ]
    assignableScopes: assignableScopes
  }
}

// Asked only about a machine that a report names, in the subscriptions that the operator chose. Azure calls it an
// action to run a diagnosis; none of these changes anything, and the connectivity check tries the registry's own port.
resource networkReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, environmentName, 'push-medic-network-reader')
  properties: {
    roleName: 'Push Medic Network Reader (${environmentName})'
    description: 'Has Network Watcher say why a machine does not reach a registry.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Compute/virtualMachines/read'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read'
          'Microsoft.Network/networkInterfaces/read'
          'Microsoft.Network/networkInterfaces/effectiveRouteTable/action'
          'Microsoft.Network/networkWatchers/read'
          'Microsoft.Network/networkWatchers/networkConfigurationDiagnostic/action'
          'Microsoft.Network/networkWatchers/nextHop/action'
          'Microsoft.Network/networkWatchers/connectivityCheck/action'
          'Microsoft.Network/locations/operations/read'
          'Microsoft.Network/locations/operationResults/read'
        ]
        dataActions: []
      }
    ]
    assignableScopes: assignableScopes
  }
}

// By name, because a role has another id in each subscription in which it is assigned.
output readerRole string = reader.name
output writerRole string = writer.name
output networkReaderRole string = networkReader.name
