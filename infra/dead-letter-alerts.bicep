// Somebody is told of events that a topic could not deliver, and of those that it could not even put away.

@description('The topic.')
param topicId string

@description('The name of the topic.')
param topicName string

@description('Whom to tell.')
param actionGroupId string

@description('Tags for everything that is created.')
param tags object

resource lost 'Microsoft.Insights/metricAlerts@2018-03-01' = [for metric in ['DeadLetteredCount', 'DroppedEventCount']: {
  name: '${metric} of ${topicName}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Event Grid could not deliver events to Push Medic. Look into the container dead-letters of its storage account.'
    severity: 2
    enabled: true
    scopes: [topicId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: metric
          criterionType: 'StaticThresholdCriterion'
          metricName: metric
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}]
