"""The installations that the tests look at."""

import pytest

from tests.infra.deployment import SUBSCRIPTION, Deployment, deploy, parameters

ELSEWHERE = "00000000-0000-0000-0000-000000000002"
AGENTS = "00000000-0000-0000-0000-000000000003"


def registry(name: str, subscription: str = SUBSCRIPTION, group: str = "registries") -> str:
    """The resource id of a registry."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.ContainerRegistry/registries/{name}"
    )


MINIMAL = {
    "AZURE_ENV_NAME": "prod",
    "AZURE_LOCATION": "westeurope",
    "PUSH_MEDIC_REGISTRY_IDS": registry("contoso"),
}
EVERYTHING = {
    **MINIMAL,
    "PUSH_MEDIC_REGISTRY_IDS": f"{registry('contoso')},{registry('fabrikam')},{registry('adatum', ELSEWHERE)}",
    "PUSH_MEDIC_STORAGE_CEILINGS": f'{{"{registry("contoso")}": 1000}}',
    "PUSH_MEDIC_REPOSITORY_PREFIXES": "team/,apps/",
    "PUSH_MEDIC_COVER_SUBSCRIPTION": "true",
    "PUSH_MEDIC_CLIENT_SUBSCRIPTIONS": f"{SUBSCRIPTION},{AGENTS}",
    "PUSH_MEDIC_CONNECT_EVENTS": "true",
    "PUSH_MEDIC_EMAIL": "acs",
    "PUSH_MEDIC_EMAIL_RECIPIENTS": "ops@contoso.com,push@contoso.com",
    "PUSH_MEDIC_AUDIT_TOPIC_ID": (
        f"/subscriptions/{ELSEWHERE}/resourceGroups/security/providers/Microsoft.EventGrid/topics/audit"
    ),
    "PUSH_MEDIC_ALERT_RECIPIENTS": "oncall@contoso.com",
    "PUSH_MEDIC_SECRETS": "teams-url,devops-token,servicenow-password,jira-token,github-token,pagerduty-key,"
    "smtp-password,email-key,form-key",
    "PUSH_MEDIC_TEAMS_URL": "https://teams.example/secret",
    "PUSH_MEDIC_DEVOPS_TOKEN": "secret",
    "PUSH_MEDIC_REPORTERS": "00000000-0000-0000-0000-0000000000aa",
    "PUSH_MEDIC_SIGN_IN_CLIENT_ID": "00000000-0000-0000-0000-0000000000bb",
    "PUSH_MEDIC_PRIVATE_NETWORKING": "true",
}


@pytest.fixture(scope="session")
def minimal() -> Deployment:
    """The smallest installation, as its first deployment makes it."""
    return deploy(parameters(MINIMAL))


@pytest.fixture(scope="session")
def everything() -> Deployment:
    """An installation that uses all that there is."""
    return deploy(parameters(EVERYTHING))
