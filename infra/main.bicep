// Everything that an installation is made of. Each part is a module with one reason to change.
targetScope = 'subscription'

// What is installed, and where.

@description('The name of this installation, unique in the subscription. azd calls it the environment.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region of the bot. Only registries of the same region can stream to its hub; the others are followed through Log Analytics.')
param location string

@description('The resource group that holds the bot. It is created where it does not exist.')
param resourceGroupName string = 'rg-${environmentName}'

@description('Tags for everything that is created.')
param tags object = {}

@description('The endpoints of the cloud in use that Bicep does not know by itself; see clouds.json.')
param cloud object = loadJsonContent('clouds.json')[environment().name]

// What the bot looks after.

@description('The resource ids of the registries that the bot looks after. They may be in other groups and subscriptions of the tenant. The bot touches no others.')
@minLength(1)
param registryIds string[]

@description('Where Azure does not say how much a registry can hold: registry resource id to bytes.')
param storageCeilings object = {}

@description('In registries with ABAC repository permissions: the beginnings of the names of the repositories whose locks the writer may change. Empty is all of them.')
param repositoryPrefixes string[] = []

@description('Also stream the logs of every registry of this subscription, those still to be made included, by Azure Policy.')
param coverSubscription bool = false

@description('The subscriptions whose machines push and may be asked about: the bot may then have Network Watcher say which rule or route keeps a machine from a registry.')
param clientSubscriptionIds string[] = []

@description('Topics that exist already, since Azure allows one system topic for each source: resource id of a registry, or of a subscription, to the name of its topic. A topic must be in the resource group of the registry; that of a subscription in the group of the first registry of it.')
param existingTopics object = {}

@description('Subscribe to the topics. The functions must be there first: false for the first deployment, true for every later one.')
param connectEvents bool = false

// What the bot may do.

@description('The policy file to go by, of those that are deployed with the code.')
param policyFile string = 'policy.yaml'

@description('A reason to change nothing for now. Empty is none.')
param paused string = ''

@description('The resource id of an Event Grid topic for CloudEvents that gets every record of the journal. Empty is none.')
param auditTopicId string = ''

// Whom it tells.

@description('How mail is sent: through Azure Communication Services, through a relay of yours, or not at all.')
@allowed(['acs', 'relay', 'none'])
param email string = 'none'

@description('Who is told by mail.')
param emailRecipients string[] = []

@description('The sender of mail. Needed with a relay and with a domain of your own; Azure\'s domain brings its own.')
param emailSender string = ''

@description('The resource id of a verified domain of an Email Communication Service. Without one Azure\'s own domain is used, which sends at most ten messages an hour.')
param emailDomainId string = ''

@description('Where Communication Services keeps its data at rest.')
param emailDataLocation string = 'Europe'

@description('The mail relay.')
param smtpHost string = ''

@description('The port of the mail relay, which must offer STARTTLS.')
@minValue(1)
@maxValue(65535)
param smtpPort int = 587

@description('The user at the mail relay. Empty is none.')
param smtpUser string = ''

@description('The URL of the Azure DevOps organization that gets tickets. Empty is none.')
param devopsOrganization string = ''

@description('The Azure DevOps project that gets tickets.')
param devopsProject string = ''

@description('The type of work item that a ticket is; the process of the project must have it.')
param devopsType string = 'Issue'

@description('The URL of the ServiceNow instance that gets tickets. Empty is none.')
param servicenowUrl string = ''

@description('The user at ServiceNow, whose password is the secret servicenow-password.')
param servicenowUser string = ''

@description('The assignment group at ServiceNow. Empty leaves it to the rules there.')
param servicenowGroup string = ''

@description('The URL of the Jira Cloud site that gets tickets. Empty is none.')
param jiraUrl string = ''

@description('The key of the Jira project.')
param jiraProject string = ''

@description('The type of issue that a ticket is; the Jira project must have it.')
param jiraType string = 'Task'

@description('The user at Jira, whose API token is the secret jira-token.')
param jiraUser string = ''

@description('The GitHub repository, as owner/name, whose issues are tickets. Empty is none.')
param githubRepository string = ''

@description('The API of GitHub, or of a GitHub Enterprise Server.')
param githubUrl string = 'https://api.github.com'

@description('Where PagerDuty takes events; its European region has an address of its own.')
param pagerdutyUrl string = 'https://events.pagerduty.com'

@description('A mailbox that makes tickets of mail. Empty is none.')
param ticketMailbox string = ''

@description('Where a card\'s button leads; the id of the incident is appended. Empty is nowhere.')
param detailsUrl string = ''

@description('Who is told when the bot itself is in trouble. It should not be the bot\'s own channel.')
param alertRecipients string[] = []

@description('The secrets in use; the vault holds their values. See vault.bicep for the names.')
param secretNames string[] = []

@description('Values to put into the vault now, by the names of the secrets. Those that are empty or missing are left as they are.')
@secure()
param secretValues object = {}

// Who may come in.

@description('Object ids of the identities of pipelines that may report failed pushes to the custom topic.')
param reporterPrincipalIds string[] = []

@description('The client id of the app registration with which people sign in. Empty is no sign-in, and no page to approve on.')
param signInClientId string = ''

// How it runs.

@description('An existing Log Analytics workspace by resource id. Without one a workspace is created.')
param workspaceId string = ''

@description('How long a workspace of our own keeps its rows, in days.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 30

@description('How the state is replicated. Not every region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('At most so many instances of the app at the same time.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('Reach storage, hub, vault and registries through private endpoints in a network of the bot\'s own. Registries must then be Premium.')
param privateNetworking bool = false

@description('The address range of that network; a /24 is enough.')
param networkAddressPrefix string = '10.83.0.0/24'

var token = toLower(uniqueString(subscription().id, environmentName, location))
// Names hold no words of the operator's, so that they keep every rule of Azure's whatever the installation is called.
var names = {
  reader: 'id-push-medic-reader-${token}'
  writer: 'id-push-medic-writer-${token}'
  app: 'func-push-medic-${token}'
  plan: 'plan-push-medic-${token}'
  storage: 'stmedic${token}'
  hubs: 'evhns-push-medic-${token}'
  reports: 'evgt-push-medic-${token}'
  vault: 'kv-medic-${token}'
  workspace: 'log-push-medic-${token}'
  insights: 'appi-push-medic-${token}'
  alerts: 'ag-push-medic-${token}'
  communication: 'acs-push-medic-${token}'
  email: 'email-push-medic-${token}'
  network: 'vnet-push-medic-${token}'
}
var ourTags = union(tags, { 'azd-env-name': environmentName })
var registries = [for id in registryIds: {
  id: id
  subscription: split(id, '/')[2]
  group: split(id, '/')[4]
  name: split(id, '/')[8]
}]
var subscriptionOfEach = [for id in registryIds: split(id, '/')[2]]
var subscriptionIds = union(subscriptionOfEach, [])
// The topic of a subscription must be in it: it is put beside the first registry of the subscription.
var drifts = [for id in subscriptionIds: {
  source: '/subscriptions/${id}'
  subscription: id
  group: split(registryIds[indexOf(subscriptionOfEach, id)], '/')[4]
}]
var workspaceSubscription = empty(workspaceId) ? subscription().subscriptionId : split(workspaceId, '/')[2]
var workspaceGroup = empty(workspaceId) ? resourceGroupName : split(workspaceId, '/')[4]
var auditSubscription = empty(auditTopicId) ? subscription().subscriptionId : split(auditTopicId, '/')[2]
var auditGroup = empty(auditTopicId) ? resourceGroupName : split(auditTopicId, '/')[4]
var roleScopes = [for id in union(subscriptionIds, [subscription().subscriptionId, workspaceSubscription], clientSubscriptionIds): '/subscriptions/${id}']

module group 'untyped/group.bicep' = {
  name: 'push-medic-group'
  params: { name: resourceGroupName, location: location, tags: ourTags }
}

module identities 'identities.bicep' = {
  name: 'push-medic-identities'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: { readerName: names.reader, writerName: names.writer, location: location, tags: ourTags }
}

module roles 'roles.bicep' = {
  name: 'push-medic-roles'
  params: {
    environmentName: environmentName
    assignableScopes: roleScopes
  }
}

module storage 'storage.bicep' = {
  name: 'push-medic-storage'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    name: names.storage
    location: location
    tags: ourTags
    sku: storageSku
    hostPrincipalId: identities.outputs.readerPrincipalId
    private: privateNetworking
  }
}

module streaming 'streaming.bicep' = {
  name: 'push-medic-streaming'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    name: names.hubs
    location: location
    tags: ourTags
    receiverPrincipalId: identities.outputs.readerPrincipalId
    private: privateNetworking
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'push-medic-monitoring'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    workspaceName: names.workspace
    existingWorkspaceId: workspaceId
    insightsName: names.insights
    location: location
    tags: ourTags
    retentionInDays: retentionInDays
    publisherPrincipalId: identities.outputs.readerPrincipalId
  }
}

module workspaceAccess 'workspace-access.bicep' = {
  name: 'push-medic-workspace-access-${token}'
  scope: resourceGroup(workspaceSubscription, workspaceGroup)
  params: {
    workspaceName: empty(workspaceId) ? names.workspace : split(workspaceId, '/')[8]
    principalId: identities.outputs.readerPrincipalId
    roleName: roles.outputs.readerRole
  }
  dependsOn: [monitoring]
}

module clientNetworks 'client-network-access.bicep' = [for id in clientSubscriptionIds: {
  name: 'push-medic-client-network-${token}'
  scope: subscription(id)
  params: {
    principalId: identities.outputs.readerPrincipalId
    roleName: roles.outputs.networkReaderRole
  }
}]

module vault 'vault.bicep' = {
  name: 'push-medic-vault'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    name: names.vault
    location: location
    tags: ourTags
    readerPrincipalId: identities.outputs.readerPrincipalId
    secretNames: secretNames
    secretValues: secretValues
    private: privateNetworking
  }
}

module mail 'email.bicep' = if (email == 'acs') {
  name: 'push-medic-email'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    communicationName: names.communication
    emailName: names.email
    dataLocation: emailDataLocation
    existingDomainId: emailDomainId
    sender: emailSender
    tags: ourTags
    senderPrincipalId: identities.outputs.readerPrincipalId
  }
}

module audit 'audit.bicep' = if (!empty(auditTopicId)) {
  name: 'push-medic-audit-${token}'
  scope: resourceGroup(auditSubscription, auditGroup)
  params: {
    topicName: empty(auditTopicId) ? '' : split(auditTopicId, '/')[8]
    publisherPrincipalId: identities.outputs.readerPrincipalId
  }
}

module network 'untyped/network.bicep' = if (privateNetworking) {
  name: 'push-medic-network'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    name: names.network
    location: location
    tags: ourTags
    addressPrefix: networkAddressPrefix
    storageId: storage.outputs.id
    hubsId: streaming.outputs.namespaceId
    vaultId: vault.outputs.id
    registryIds: registryIds
    cloud: cloud
  }
}

module facts 'registry.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-registry-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  params: { registryName: registries[i].name }
}]

module access 'registry-access.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-access-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  params: {
    registryName: registries[i].name
    readerPrincipalId: identities.outputs.readerPrincipalId
    readerRole: roles.outputs.readerRole
    writerPrincipalId: identities.outputs.writerPrincipalId
    writerRole: roles.outputs.writerRole
    repositoryPrefixes: repositoryPrefixes
  }
}]

module diagnostics 'diagnostics.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-diagnostics-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  params: {
    registryName: registries[i].name
    workspaceId: monitoring.outputs.workspaceId
    hubLocation: location
    hubAuthorizationRuleId: streaming.outputs.senderRuleId
    hubName: streaming.outputs.hubName
  }
}]

module policy 'policy.bicep' = if (coverSubscription) {
  name: 'push-medic-policy'
  params: {
    environmentName: environmentName
    location: location
    workspaceId: monitoring.outputs.workspaceId
    hubAuthorizationRuleId: streaming.outputs.senderRuleId
    hubName: streaming.outputs.hubName
    hubsName: names.hubs
    resourceGroupName: resourceGroupName
  }
}

module app 'app.bicep' = {
  name: 'push-medic-app'
  scope: resourceGroup(resourceGroupName)
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: ourTags
    readerId: identities.outputs.readerId
    writerId: identities.outputs.writerId
    packageContainerUri: storage.outputs.packageContainerUri
    maximumInstances: maximumInstances
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
  }
}

module settings 'settings.bicep' = {
  name: 'push-medic-settings'
  scope: resourceGroup(resourceGroupName)
  params: {
    appName: app.outputs.name
    readerClientId: identities.outputs.readerClientId
    writerClientId: identities.outputs.writerClientId
    registries: [for i in sys.range(0, length(registries)): union(
      { resourceId: registries[i].id, loginServer: facts[i].outputs.loginServer },
      contains(storageCeilings, registries[i].id) ? { storageCeilingBytes: storageCeilings[registries[i].id] } : {}
    )]
    policyFile: policyFile
    paused: paused
    auditTopic: empty(auditTopicId) ? '' : audit!.outputs.endpoint
    storageEndpoints: storage.outputs.endpoints
    hubsHost: streaming.outputs.host
    hubName: streaming.outputs.hubName
    workspaceCustomerId: monitoring.outputs.workspaceCustomerId
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    armEndpoint: environment().resourceManager
    registryAudience: cloud.registryAudience
    logsEndpoint: cloud.logsEndpoint
    vaultUri: vault.outputs.uri
    secretNames: secretNames
    emailEndpoint: email == 'acs' ? mail!.outputs.endpoint : ''
    emailSender: email == 'acs' ? mail!.outputs.sender : email == 'relay' ? emailSender : ''
    emailRecipients: emailRecipients
    smtpHost: email == 'relay' ? smtpHost : ''
    smtpPort: smtpPort
    smtpUser: smtpUser
    devopsOrganization: devopsOrganization
    devopsProject: devopsProject
    devopsType: devopsType
    servicenowUrl: servicenowUrl
    servicenowUser: servicenowUser
    servicenowGroup: servicenowGroup
    jiraUrl: jiraUrl
    jiraProject: jiraProject
    jiraType: jiraType
    jiraUser: jiraUser
    githubRepository: githubRepository
    githubUrl: githubUrl
    pagerdutyUrl: pagerdutyUrl
    ticketMailbox: ticketMailbox
    detailsUrl: detailsUrl
    signIn: !empty(signInClientId)
  }
}

module auth 'auth.bicep' = if (signInClientId != '') {
  name: 'push-medic-auth'
  scope: resourceGroup(resourceGroupName)
  // Writing settings restarts the app, and two restarts at the same time can fail.
  dependsOn: [settings]
  params: { appName: app.outputs.name, clientId: signInClientId }
}

module reports 'reports.bicep' = {
  name: 'push-medic-reports'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    name: names.reports
    location: location
    tags: ourTags
    reporterPrincipalIds: reporterPrincipalIds
  }
}

module registryTopics 'system-topic.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-topic-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  params: {
    source: registries[i].id
    topicType: 'Microsoft.ContainerRegistry.Registries'
    location: facts[i].outputs.location
    existingName: contains(existingTopics, registries[i].id) ? existingTopics[registries[i].id] : ''
    tags: ourTags
  }
}]

module subscriptionTopics 'system-topic.bicep' = [for i in sys.range(0, length(drifts)): {
  name: 'push-medic-drift-${i}-${token}'
  scope: resourceGroup(drifts[i].subscription, drifts[i].group)
  params: {
    source: drifts[i].source
    topicType: 'Microsoft.Resources.Subscriptions'
    location: 'global'
    existingName: contains(existingTopics, drifts[i].source) ? existingTopics[drifts[i].source] : ''
    tags: ourTags
  }
}]

module reportsDeadLetters 'dead-letter-access.bicep' = {
  name: 'push-medic-dead-reports'
  scope: resourceGroup(resourceGroupName)
  params: { storageName: storage.outputs.name, container: storage.outputs.deadLetters, principalId: reports.outputs.principalId }
}

module registryDeadLetters 'dead-letter-access.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-dead-registry-${i}'
  scope: resourceGroup(resourceGroupName)
  params: { storageName: storage.outputs.name, container: storage.outputs.deadLetters, principalId: registryTopics[i].outputs.principalId }
}]

module subscriptionDeadLetters 'dead-letter-access.bicep' = [for i in sys.range(0, length(drifts)): {
  name: 'push-medic-dead-drift-${i}'
  scope: resourceGroup(resourceGroupName)
  params: { storageName: storage.outputs.name, container: storage.outputs.deadLetters, principalId: subscriptionTopics[i].outputs.principalId }
}]

module reportSubscription 'report-subscription.bicep' = if (connectEvents) {
  name: 'push-medic-subscribe-reports'
  scope: resourceGroup(resourceGroupName)
  dependsOn: [reportsDeadLetters]
  params: {
    topicName: reports.outputs.name
    functionId: '${app.outputs.id}/functions/pipeline_events'
    storageId: storage.outputs.id
    deadLetters: storage.outputs.deadLetters
  }
}

module pushSubscriptions 'event-subscription.bicep' = [for i in sys.range(0, length(registries)): if (connectEvents) {
  name: 'push-medic-subscribe-pushes-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  dependsOn: [registryDeadLetters]
  params: {
    topicName: registryTopics[i].outputs.name
    subscriptionName: 'push-medic-${token}'
    functionId: '${app.outputs.id}/functions/registry_events'
    eventTypes: ['Microsoft.ContainerRegistry.ImagePushed', 'Microsoft.ContainerRegistry.ChartPushed']
    storageId: storage.outputs.id
    deadLetters: storage.outputs.deadLetters
  }
}]

module driftSubscriptions 'event-subscription.bicep' = [for i in sys.range(0, length(drifts)): if (connectEvents) {
  name: 'push-medic-subscribe-drift-${i}-${token}'
  scope: resourceGroup(drifts[i].subscription, drifts[i].group)
  dependsOn: [subscriptionDeadLetters]
  params: {
    topicName: subscriptionTopics[i].outputs.name
    subscriptionName: 'push-medic-${token}'
    functionId: '${app.outputs.id}/functions/registry_events'
    eventTypes: ['Microsoft.Resources.ResourceWriteSuccess']
    operations: ['Microsoft.ContainerRegistry/registries/write']
    storageId: storage.outputs.id
    deadLetters: storage.outputs.deadLetters
  }
}]

module alerts 'alerts.bicep' = {
  name: 'push-medic-alerts'
  scope: resourceGroup(resourceGroupName)
  params: {
    actionGroupName: names.alerts
    location: location
    tags: ourTags
    recipients: alertRecipients
    insightsId: monitoring.outputs.insightsId
  }
}

module reportAlerts 'dead-letter-alerts.bicep' = {
  name: 'push-medic-alert-reports'
  scope: resourceGroup(resourceGroupName)
  params: { topicId: reports.outputs.id, topicName: reports.outputs.name, actionGroupId: alerts.outputs.actionGroupId, tags: ourTags }
}

module registryTopicAlerts 'dead-letter-alerts.bicep' = [for i in sys.range(0, length(registries)): {
  name: 'push-medic-alert-topic-${i}-${token}'
  scope: resourceGroup(registries[i].subscription, registries[i].group)
  params: {
    topicId: registryTopics[i].outputs.id
    topicName: registryTopics[i].outputs.name
    actionGroupId: alerts.outputs.actionGroupId
    tags: ourTags
  }
}]

module subscriptionTopicAlerts 'dead-letter-alerts.bicep' = [for i in sys.range(0, length(drifts)): {
  name: 'push-medic-alert-drift-${i}-${token}'
  scope: resourceGroup(drifts[i].subscription, drifts[i].group)
  params: {
    topicId: subscriptionTopics[i].outputs.id
    topicName: subscriptionTopics[i].outputs.name
    actionGroupId: alerts.outputs.actionGroupId
    tags: ourTags
  }
}]

module workbook 'workbook.bicep' = {
  name: 'push-medic-workbook'
  scope: resourceGroup(resourceGroupName)
  params: { location: location, tags: ourTags, insightsId: monitoring.outputs.insightsId }
}

@description('The resource group; azd looks for the app there.')
output AZURE_RESOURCE_GROUP string = resourceGroupName

@description('The function app.')
output PUSH_MEDIC_APP string = app.outputs.name

@description('Where pipelines report failed pushes over HTTP, with a function key.')
output PUSH_MEDIC_REPORTS_URL string = 'https://${app.outputs.host}/api/push-reports'

@description('Where pipelines report failed pushes as CloudEvents, with an Entra token.')
output PUSH_MEDIC_TOPIC_ENDPOINT string = reports.outputs.endpoint

@description('The vault that holds the secrets.')
output PUSH_MEDIC_VAULT string = names.vault

@description('The redirect URI for the app registration with which people sign in.')
output PUSH_MEDIC_SIGN_IN_REDIRECT string = 'https://${app.outputs.host}/.auth/login/aad/callback'

@description('The object id of the identity that proves the app to Entra ID; the subject of its federated credential.')
output PUSH_MEDIC_READER_PRINCIPAL_ID string = identities.outputs.readerPrincipalId
