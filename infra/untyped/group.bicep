// The resource group. In this folder is what uses types that the offline type data does not hold.
targetScope = 'subscription'

@description('The name of the resource group.')
param name string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: name
  location: location
  tags: tags
}
