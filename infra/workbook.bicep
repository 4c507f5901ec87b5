// The bot at work, on one page.

@description('The region of the bot.')
param location string

@description('Tags for everything that is created.')
param tags object

@description('The Application Insights component of the bot, which the page asks.')
param insightsId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsId, 'push-medic')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Push Medic'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: insightsId
    serializedData: loadTextContent('workbook.json')
  }
}
