// A network for the bot: everything that it calls has an address in it.

@description('The name of the network.')
param name string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('The address range; a /24 is enough.')
param addressPrefix string

@description('The storage account.')
param storageId string

@description('The Event Hubs namespace.')
param hubsId string

@description('The key vault.')
param vaultId string

@description('The registries.')
param registryIds string[]

@description('The endpoints of the cloud in use.')
param cloud object

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  namespace: 'privatelink.${cloud.serviceBusSuffix}'
  vault: cloud.vaultZone
  registry: 'privatelink.${cloud.registrySuffix}'
}
var kinds = ['blob', 'queue', 'table', 'namespace', 'vault', 'registry']
var ownTargets = [
  { name: 'blob', id: storageId, kind: 'blob' }
  { name: 'queue', id: storageId, kind: 'queue' }
  { name: 'table', id: storageId, kind: 'table' }
  { name: 'hubs', id: hubsId, kind: 'namespace' }
  { name: 'vault', id: vaultId, kind: 'vault' }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [{ name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 26, 1), privateEndpointNetworkPolicies: 'Disabled' }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for kind in kinds: {
  name: zoneNames[kind]
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for i in sys.range(0, length(kinds)): {
  parent: zones[i]
  name: name
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
}]

resource ownEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for target in ownTargets: {
  name: 'pep-${name}-${target.name}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network.properties.subnets[1].id }
    privateLinkServiceConnections: [
      { name: target.name, properties: { privateLinkServiceId: target.id, groupIds: [target.kind] } }
    ]
  }
}]

resource ownNames 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for i in sys.range(0, length(ownTargets)): {
  parent: ownEndpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: ownTargets[i].kind, properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneNames[ownTargets[i].kind]) } }
    ]
  }
  dependsOn: [zones]
}]

resource registryEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for id in registryIds: {
  name: 'pep-${name}-${uniqueString(id)}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network.properties.subnets[1].id }
    privateLinkServiceConnections: [
      { name: 'registry', properties: { privateLinkServiceId: id, groupIds: ['registry'] } }
    ]
  }
}]

resource registryNames 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for i in sys.range(0, length(registryIds)): {
  parent: registryEndpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: 'registry', properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneNames.registry) } }
    ]
  }
  dependsOn: [zones]
}]

output appSubnetId string = network.properties.subnets[0].id
