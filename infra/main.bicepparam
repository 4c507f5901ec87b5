// The parameters of main.bicep, from azd's environment (`azd env set NAME VALUE`) or from the shell's.
// Lists are separated by commas; objects are JSON. docs/install.md says which ones an installation needs.
using './main.bicep'

var installation = readEnvironmentVariable('AZURE_ENV_NAME')
var group = readEnvironmentVariable('PUSH_MEDIC_RESOURCE_GROUP', '')
var registries = readEnvironmentVariable('PUSH_MEDIC_REGISTRY_IDS')
var repositories = readEnvironmentVariable('PUSH_MEDIC_REPOSITORY_PREFIXES', '')
var clients = readEnvironmentVariable('PUSH_MEDIC_CLIENT_SUBSCRIPTIONS', '')
var recipients = readEnvironmentVariable('PUSH_MEDIC_EMAIL_RECIPIENTS', '')
var alerted = readEnvironmentVariable('PUSH_MEDIC_ALERT_RECIPIENTS', '')
var secrets = readEnvironmentVariable('PUSH_MEDIC_SECRETS', '')
var reporters = readEnvironmentVariable('PUSH_MEDIC_REPORTERS', '')

param environmentName = installation
param location = readEnvironmentVariable('AZURE_LOCATION')
param resourceGroupName = empty(group) ? 'rg-${installation}' : group

param registryIds = split(registries, ',')
param storageCeilings = json(readEnvironmentVariable('PUSH_MEDIC_STORAGE_CEILINGS', '{}'))
param repositoryPrefixes = empty(repositories) ? [] : split(repositories, ',')
param coverSubscription = bool(readEnvironmentVariable('PUSH_MEDIC_COVER_SUBSCRIPTION', 'false'))
param clientSubscriptionIds = empty(clients) ? [] : split(clients, ',')
param existingTopics = json(readEnvironmentVariable('PUSH_MEDIC_EXISTING_TOPICS', '{}'))
param connectEvents = bool(readEnvironmentVariable('PUSH_MEDIC_CONNECT_EVENTS', 'false'))

param policyFile = readEnvironmentVariable('PUSH_MEDIC_POLICY', 'policy.yaml')
param paused = readEnvironmentVariable('PUSH_MEDIC_PAUSED', '')
param auditTopicId = readEnvironmentVariable('PUSH_MEDIC_AUDIT_TOPIC_ID', '')

param email = readEnvironmentVariable('PUSH_MEDIC_EMAIL', 'none')
param emailRecipients = empty(recipients) ? [] : split(recipients, ',')
param emailSender = readEnvironmentVariable('PUSH_MEDIC_EMAIL_SENDER', '')
param emailDomainId = readEnvironmentVariable('PUSH_MEDIC_EMAIL_DOMAIN_ID', '')
param emailDataLocation = readEnvironmentVariable('PUSH_MEDIC_EMAIL_DATA_LOCATION', 'Europe')
param smtpHost = readEnvironmentVariable('PUSH_MEDIC_SMTP_HOST', '')
param smtpPort = int(readEnvironmentVariable('PUSH_MEDIC_SMTP_PORT', '587'))
param smtpUser = readEnvironmentVariable('PUSH_MEDIC_SMTP_USER', '')
param devopsOrganization = readEnvironmentVariable('PUSH_MEDIC_DEVOPS_ORGANIZATION', '')
param devopsProject = readEnvironmentVariable('PUSH_MEDIC_DEVOPS_PROJECT', '')
param devopsType = readEnvironmentVariable('PUSH_MEDIC_DEVOPS_TYPE', 'Issue')
param servicenowUrl = readEnvironmentVariable('PUSH_MEDIC_SERVICENOW_URL', '')
param servicenowUser = readEnvironmentVariable('PUSH_MEDIC_SERVICENOW_USER', '')
param servicenowGroup = readEnvironmentVariable('PUSH_MEDIC_SERVICENOW_GROUP', '')
param jiraUrl = readEnvironmentVariable('PUSH_MEDIC_JIRA_URL', '')
param jiraProject = readEnvironmentVariable('PUSH_MEDIC_JIRA_PROJECT', '')
param jiraType = readEnvironmentVariable('PUSH_MEDIC_JIRA_TYPE', 'Task')
param jiraUser = readEnvironmentVariable('PUSH_MEDIC_JIRA_USER', '')
param githubRepository = readEnvironmentVariable('PUSH_MEDIC_GITHUB_REPOSITORY', '')
param githubUrl = readEnvironmentVariable('PUSH_MEDIC_GITHUB_URL', 'https://api.github.com')
param pagerdutyUrl = readEnvironmentVariable('PUSH_MEDIC_PAGERDUTY_URL', 'https://events.pagerduty.com')
param ticketMailbox = readEnvironmentVariable('PUSH_MEDIC_TICKET_MAILBOX', '')
param detailsUrl = readEnvironmentVariable('PUSH_MEDIC_DETAILS_URL', '')
param alertRecipients = empty(alerted) ? [] : split(alerted, ',')

// Values of secrets belong into the shell of one run, and not into azd's environment, which is a file.
param secretNames = empty(secrets) ? [] : split(secrets, ',')
param secretValues = {
  'teams-url': readEnvironmentVariable('PUSH_MEDIC_TEAMS_URL', '')
  'devops-token': readEnvironmentVariable('PUSH_MEDIC_DEVOPS_TOKEN', '')
  'servicenow-password': readEnvironmentVariable('PUSH_MEDIC_SERVICENOW_PASSWORD', '')
  'jira-token': readEnvironmentVariable('PUSH_MEDIC_JIRA_TOKEN', '')
  'github-token': readEnvironmentVariable('PUSH_MEDIC_GITHUB_TOKEN', '')
  'pagerduty-key': readEnvironmentVariable('PUSH_MEDIC_PAGERDUTY_KEY', '')
  'smtp-password': readEnvironmentVariable('PUSH_MEDIC_SMTP_PASSWORD', '')
  'form-key': readEnvironmentVariable('PUSH_MEDIC_FORM_KEY', '')
  'email-key': readEnvironmentVariable('PUSH_MEDIC_EMAIL_KEY', '')
}

param reporterPrincipalIds = empty(reporters) ? [] : split(reporters, ',')
param signInClientId = readEnvironmentVariable('PUSH_MEDIC_SIGN_IN_CLIENT_ID', '')

param workspaceId = readEnvironmentVariable('PUSH_MEDIC_EXISTING_WORKSPACE_ID', '')
param retentionInDays = int(readEnvironmentVariable('PUSH_MEDIC_RETENTION_DAYS', '30'))
param storageSku = readEnvironmentVariable('PUSH_MEDIC_STORAGE_SKU', 'Standard_LRS')
param maximumInstances = int(readEnvironmentVariable('PUSH_MEDIC_MAXIMUM_INSTANCES', '40'))
param privateNetworking = bool(readEnvironmentVariable('PUSH_MEDIC_PRIVATE_NETWORKING', 'false'))
param networkAddressPrefix = readEnvironmentVariable('PUSH_MEDIC_NETWORK', '10.83.0.0/24')
