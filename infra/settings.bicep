// Every setting of the app: those that settings.py reads, and those that the host reads for its triggers.
// tests/infra holds this file against the code. An empty value is a thing that is not in use.

@description('The function app.')
param appName string

@description('The client id of the identity that looks.')
param readerClientId string

@description('The client id of the identity that changes.')
param writerClientId string

@description('The registries: resourceId, loginServer and perhaps storageCeilingBytes of each.')
param registries object[]

@description('The policy file to go by.')
param policyFile string

@description('A reason to change nothing for now; empty is none.')
param paused string

@description('The endpoint of the topic that gets every record; empty is none.')
param auditTopic string

@description('The endpoints of the storage account.')
param storageEndpoints object

@description('The host name of the Event Hubs namespace.')
param hubsHost string

@description('The hub.')
param hubName string

@description('The workspace, by the id that queries use.')
param workspaceCustomerId string

@description('Where telemetry goes. It holds no secret: sending needs an identity.')
param insightsConnectionString string

@description('Azure Resource Manager of this cloud.')
param armEndpoint string

@description('For whom registries of this cloud want Entra tokens to be.')
param registryAudience string

@description('The query endpoint of Log Analytics in this cloud.')
param logsEndpoint string

@description('The vault.')
param vaultUri string

@description('The secrets that are in use.')
param secretNames string[]

@description('The endpoint of Communication Services.')
param emailEndpoint string

@description('The sender of mail.')
param emailSender string

@description('Who is told by mail.')
param emailRecipients string[]

@description('The mail relay.')
param smtpHost string

@description('The port of the mail relay.')
param smtpPort int

@description('The user at the mail relay.')
param smtpUser string

@description('The Azure DevOps organization.')
param devopsOrganization string

@description('The Azure DevOps project.')
param devopsProject string

@description('The type of work item that a ticket is.')
param devopsType string

@description('The URL of the ServiceNow instance that gets tickets. Empty is none.')
param servicenowUrl string

@description('The user at ServiceNow, whose password is the secret servicenow-password.')
param servicenowUser string

@description('The assignment group at ServiceNow. Empty leaves it to the rules there.')
param servicenowGroup string

@description('The URL of the Jira Cloud site that gets tickets. Empty is none.')
param jiraUrl string

@description('The key of the Jira project.')
param jiraProject string

@description('The type of issue that a ticket is; the Jira project must have it.')
param jiraType string

@description('The user at Jira, whose API token is the secret jira-token.')
param jiraUser string

@description('The GitHub repository, as owner/name, whose issues are tickets. Empty is none.')
param githubRepository string

@description('The API of GitHub, or of a GitHub Enterprise Server.')
param githubUrl string

@description('Where PagerDuty takes events; its European region has an address of its own.')
param pagerdutyUrl string

@description('A mailbox that makes tickets of mail.')
param ticketMailbox string

@description('Where a card\'s button leads.')
param detailsUrl string

@description('Whether people can sign in.')
param signIn bool

// A reference to a secret that is not there would reach the app as it stands: only those in use have one.
var secret = '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/'

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    // The host, for the queues and for its own leases; the app, for its tables.
    AzureWebJobsStorage__blobServiceUri: storageEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: storageEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: storageEndpoints.table
    AzureWebJobsStorage__clientId: readerClientId
    AzureWebJobsStorage__credential: 'managedidentity'

    // The host, for the hub.
    PushMedicEventHub__fullyQualifiedNamespace: hubsHost
    PushMedicEventHub__clientId: readerClientId
    PushMedicEventHub__credential: 'managedidentity'
    PUSH_MEDIC_EVENT_HUB: hubName

    // The host, for telemetry.
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${readerClientId};Authorization=AAD'

    // App Service authentication: the app proves itself with an identity, so there is no client secret.
    OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: readerClientId

    PUSH_MEDIC_REGISTRIES: string(registries)
    PUSH_MEDIC_POLICY: policyFile
    PUSH_MEDIC_PAUSED: paused
    PUSH_MEDIC_AUDIT_TOPIC: auditTopic
    PUSH_MEDIC_READER_CLIENT_ID: readerClientId
    PUSH_MEDIC_WRITER_CLIENT_ID: writerClientId

    PUSH_MEDIC_ARM_ENDPOINT: armEndpoint
    PUSH_MEDIC_REGISTRY_AUDIENCE: registryAudience
    PUSH_MEDIC_LOGS_ENDPOINT: logsEndpoint
    PUSH_MEDIC_WORKSPACE_ID: workspaceCustomerId

    // Without a key for its forms the app would refuse to start, and rightly.
    PUSH_MEDIC_APPROVAL_PAGE: signIn && contains(secretNames, 'form-key') ? 'on' : 'off'
    PUSH_MEDIC_FORM_KEY: contains(secretNames, 'form-key') ? '${secret}form-key)' : ''

    PUSH_MEDIC_INCIDENTS_PAGE: signIn ? 'on' : 'off'

    PUSH_MEDIC_TEAMS_URL: contains(secretNames, 'teams-url') ? '${secret}teams-url)' : ''
    PUSH_MEDIC_DETAILS_URL: detailsUrl
    PUSH_MEDIC_EMAIL_ENDPOINT: emailEndpoint
    PUSH_MEDIC_EMAIL_KEY: contains(secretNames, 'email-key') ? '${secret}email-key)' : ''
    PUSH_MEDIC_EMAIL_SENDER: emailSender
    PUSH_MEDIC_EMAIL_RECIPIENTS: join(emailRecipients, ',')
    PUSH_MEDIC_SMTP_HOST: smtpHost
    PUSH_MEDIC_SMTP_PORT: string(smtpPort)
    PUSH_MEDIC_SMTP_USER: smtpUser
    PUSH_MEDIC_SMTP_PASSWORD: contains(secretNames, 'smtp-password') ? '${secret}smtp-password)' : ''
    PUSH_MEDIC_DEVOPS_ORGANIZATION: devopsOrganization
    PUSH_MEDIC_DEVOPS_PROJECT: devopsProject
    PUSH_MEDIC_DEVOPS_TYPE: devopsType
    PUSH_MEDIC_DEVOPS_TOKEN: contains(secretNames, 'devops-token') ? '${secret}devops-token)' : ''
    PUSH_MEDIC_SERVICENOW_URL: servicenowUrl
    PUSH_MEDIC_SERVICENOW_USER: servicenowUser
    PUSH_MEDIC_SERVICENOW_GROUP: servicenowGroup
    PUSH_MEDIC_SERVICENOW_PASSWORD: contains(secretNames, 'servicenow-password') ? '${secret}servicenow-password)' : ''
    PUSH_MEDIC_JIRA_URL: jiraUrl
    PUSH_MEDIC_JIRA_PROJECT: jiraProject
    PUSH_MEDIC_JIRA_TYPE: jiraType
    PUSH_MEDIC_JIRA_USER: jiraUser
    PUSH_MEDIC_JIRA_TOKEN: contains(secretNames, 'jira-token') ? '${secret}jira-token)' : ''
    PUSH_MEDIC_GITHUB_REPOSITORY: githubRepository
    PUSH_MEDIC_GITHUB_TOKEN: contains(secretNames, 'github-token') ? '${secret}github-token)' : ''
    PUSH_MEDIC_GITHUB_URL: githubUrl
    PUSH_MEDIC_PAGERDUTY_URL: pagerdutyUrl
    PUSH_MEDIC_PAGERDUTY_KEY: contains(secretNames, 'pagerduty-key') ? '${secret}pagerduty-key)' : ''
    PUSH_MEDIC_TICKET_MAILBOX: ticketMailbox
  }
}
