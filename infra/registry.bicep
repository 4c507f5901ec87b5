// What must be known of a registry before the rest can be deployed.

@description('The name of the registry, in the resource group of this deployment.')
param registryName string

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

output loginServer string = registry.properties.loginServer
output location string = registry.location
