// The topic of one source of events. Azure allows one for each source, so one that is there already is used.

@description('The resource whose events these are.')
param source string

@description('What kind of source it is.')
param topicType string

@description('The region of the source, or "global".')
param location string

@description('The name of the topic, if there is one already. It must have a system-assigned identity.')
param existingName string

@description('Tags for everything that is created.')
param tags object

resource ours 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingName)) {
  name: 'evgs-push-medic-${uniqueString(source)}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { source: source, topicType: topicType }
}

resource theirs 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingName)) {
  name: empty(existingName) ? 'none' : existingName
}

output id string = empty(existingName) ? ours.id : theirs.id
output name string = empty(existingName) ? ours.name : theirs.name
output principalId string = empty(existingName) ? ours!.identity.principalId : theirs!.identity.principalId
