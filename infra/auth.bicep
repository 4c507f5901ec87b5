// People sign in with Entra ID. The app registration, with its app role Approver, is made by hand: docs/install.md.

@description('The function app.')
param appName string

@description('The client id of the app registration.')
param clientId string

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

resource signIn 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      // Event Grid's deliveries and pipelines' reports carry a key and no sign-in. App Service checks whoever signs
      // in and strips forged headers; that there is somebody, and with which role, is for each page to ask.
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
      // A job may prove itself with a token of its own issuer, which App Service would refuse as a bad one of ours.
      excludedPaths: ['/api/push-reports', '/api/push-reports/*', '/runtime/webhooks/eventgrid']
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          clientId: clientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: { allowedAudiences: [clientId, 'api://${clientId}'] }
      }
    }
    httpSettings: { requireHttps: true }
    // Tokens of those who sign in are of no use to the bot.
    login: { tokenStore: { enabled: false } }
  }
}
