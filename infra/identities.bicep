// Who the bot is: one that looks and one that changes. The reader also keeps the bot's own state and sends its mail.

@description('The name of the identity that reads registries and logs, and keeps the bot\'s own state.')
param readerName string

@description('The name of the identity that changes registries, and is used for nothing else.')
param writerName string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: readerName
  location: location
  tags: tags
}

resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: writerName
  location: location
  tags: tags
}

output readerId string = reader.id
output readerClientId string = reader.properties.clientId
output readerPrincipalId string = reader.properties.principalId
output writerId string = writer.id
output writerClientId string = writer.properties.clientId
output writerPrincipalId string = writer.properties.principalId
