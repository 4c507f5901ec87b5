// Events of one system topic, to one function.

@description('The system topic, in the resource group of this deployment.')
param topicName string

@description('The name of the subscription: unique for the topic, since others may subscribe to it too.')
param subscriptionName string

@description('The function, by resource id.')
param functionId string

@description('The kinds of events that are wanted.')
param eventTypes string[]

@description('For events of a subscription: only those of these operations.')
param operations string[] = []

@description('The storage account for events that cannot be delivered.')
param storageId string

@description('The container for events that cannot be delivered.')
param deadLetters string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription_ 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: subscriptionName
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      // One event a delivery: if one of several fails, Event Grid sends all of them again.
      properties: { resourceId: functionId, maxEventsPerBatch: 1 }
    }
    filter: {
      includedEventTypes: eventTypes
      advancedFilters: empty(operations) ? [] : [
        { operatorType: 'StringIn', key: 'data.operationName', values: operations }
      ]
    }
    retryPolicy: { eventTimeToLiveInMinutes: 1440, maxDeliveryAttempts: 30 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: deadLetters }
      }
    }
  }
}
