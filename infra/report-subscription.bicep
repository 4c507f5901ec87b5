// Pipelines' reports, from the custom topic to their function.

@description('The custom topic, in the resource group of this deployment.')
param topicName string

@description('The function, by resource id.')
param functionId string

@description('The storage account for reports that cannot be delivered.')
param storageId string

@description('The container for reports that cannot be delivered.')
param deadLetters string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource subscription_ 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'push-medic'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: {
      endpointType: 'AzureFunction'
      // One report a delivery: if one of several fails, Event Grid sends all of them again.
      properties: { resourceId: functionId, maxEventsPerBatch: 1 }
    }
    // What is an hour old helps no job any more.
    retryPolicy: { eventTimeToLiveInMinutes: 60, maxDeliveryAttempts: 30 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: deadLetters }
      }
    }
  }
}
