// The bot tells people of failed pushes; this tells them of a failing bot, by a way that does not lead through it.

@description('The name of the action group.')
param actionGroupName string

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('Who is told, by mail.')
param recipients string[]

@description('The Application Insights component of the bot.')
param insightsId string

// Each query gives one row with one number, and a row even if there is nothing to count.
var troubles = [
  {
    name: 'Push Medic is silent'
    description: 'It sweeps every minute and has not done so for a quarter of an hour. Nothing is mended, nothing is undone and nobody is told until it runs again.'
    severity: 1
    query: 'requests | where name == "sweep" and success == true | summarize found = count()'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'Push Medic gave up on work'
    description: 'A command failed again and again and went to the poison queue. See: medic rejected'
    severity: 2
    query: 'requests | where name == "poisoned" | summarize found = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'Push Medic cannot tell people'
    description: 'Messages have ended without reaching anybody, or wait for longer than they should. Look at the channels, and at: medic incidents'
    severity: 2
    query: 'traces | extend said = parse_json(message) | where said.ev == "sweep" | summarize found = coalesce(max(tolong(said.unsent)), 0)'
    operator: 'GreaterThan'
    threshold: 0
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'push-medic'
    emailReceivers: [for address in recipients: {
      name: address
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for trouble in troubles: {
  name: trouble.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: trouble.name
    description: trouble.description
    severity: trouble.severity
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: trouble.query
          metricMeasureColumn: 'found'
          timeAggregation: 'Total'
          operator: trouble.operator
          threshold: trouble.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}]

output actionGroupId string = people.id
