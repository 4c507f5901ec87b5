"""What the environment says, read once and strictly."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from checks.model import Registry, Value
from checks.names import is_registry_id
from remediations.adapters.channels import ChannelSettings
from remediations.adapters.desks import DeskSettings
from remediations.adapters.storage import Storage

_HERE: Final = Path(__file__).parent
_LAST_PORT: Final = 65535
_SHORTEST_KEY: Final = 32
_NAMED: Final = re.compile(r"(?P<name>[a-z][a-z0-9_-]{0,31})=(?P<value>.+)", re.DOTALL)


class SettingsError(ValueError):
    """A setting is missing or wrong. The message names it, and never holds a secret."""


class PageSettings(Value, frozen=True):
    """The page on which people approve. There is none unless App Service says who signed in.

    `keys` sign its forms: the first signs, and all of them are known. `host` is where the app is found.
    """

    keys: tuple[str, ...]
    host: str

    @property
    def address(self) -> str:
        """Where an approval's id leads to its page."""
        return f"https://{self.host}/api/approvals" if self.host else ""


class Settings(Value, frozen=True):
    """Everything that differs from one installation to the next, but for the policy."""

    registries: tuple[Registry, ...]
    storage: Storage
    channels: ChannelSettings
    policy_file: Path
    reader_client_id: str = ""
    writer_client_id: str = ""
    arm_endpoint: str = "https://management.azure.com"
    registry_audience: str = "https://containerregistry.azure.net"
    logs_endpoint: str = "https://api.loganalytics.io"
    workspace_id: str = ""
    event_hub: str = ""
    event_hub_host: str = ""
    paused: str = ""
    audit_topic: str = ""
    approval_page: PageSettings | None = None
    incidents_page: bool = False


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of this installation.

    Raises SettingsError for a registry list that is missing, no JSON, or names what is no registry, and where
    there is no storage.
    """
    defaults = Settings(registries=(), storage=Storage(), channels=ChannelSettings(), policy_file=Path())
    given = environment.get
    return Settings(
        registries=_registries(given("PUSH_MEDIC_REGISTRIES", "")),
        storage=_storage(environment),
        channels=_channels(environment),
        policy_file=_HERE / given("PUSH_MEDIC_POLICY", "policy.yaml"),
        reader_client_id=given("PUSH_MEDIC_READER_CLIENT_ID", ""),
        writer_client_id=given("PUSH_MEDIC_WRITER_CLIENT_ID", ""),
        arm_endpoint=given("PUSH_MEDIC_ARM_ENDPOINT", defaults.arm_endpoint),
        registry_audience=given("PUSH_MEDIC_REGISTRY_AUDIENCE", defaults.registry_audience),
        logs_endpoint=given("PUSH_MEDIC_LOGS_ENDPOINT", defaults.logs_endpoint),
        workspace_id=given("PUSH_MEDIC_WORKSPACE_ID", ""),
        event_hub=given("PUSH_MEDIC_EVENT_HUB", ""),
        event_hub_host=given("PushMedicEventHub__fullyQualifiedNamespace", ""),
        paused=given("PUSH_MEDIC_PAUSED", ""),
        audit_topic=_audit_topic(given("PUSH_MEDIC_AUDIT_TOPIC", "")),
        approval_page=_approval_page(environment),
        incidents_page=_incidents_page(environment),
    )


def settings_to_look(environment: Mapping[str, str], registry: Registry) -> Settings:
    """The settings with which somebody looks at one registry who has no installation at hand: only the cloud's own."""
    defaults = Settings(
        registries=(registry,), storage=Storage(), channels=ChannelSettings(), policy_file=Path()
    )
    return replace(
        defaults,
        arm_endpoint=environment.get("PUSH_MEDIC_ARM_ENDPOINT", defaults.arm_endpoint),
        registry_audience=environment.get("PUSH_MEDIC_REGISTRY_AUDIENCE", defaults.registry_audience),
    )


def _registries(text: str) -> tuple[Registry, ...]:
    if not text:
        message = "PUSH_MEDIC_REGISTRIES is not set: a JSON list of {resourceId, loginServer}"
        raise SettingsError(message)
    try:
        registries = msgspec.json.decode(text, type=tuple[Registry, ...])
    except msgspec.DecodeError as wrong:
        message = f"PUSH_MEDIC_REGISTRIES: {wrong}"
        raise SettingsError(message) from None
    for registry in registries:
        if not is_registry_id(registry.resource_id):
            message = f"PUSH_MEDIC_REGISTRIES: {registry.resource_id!r} is not the resource id of a registry"
            raise SettingsError(message)
    return registries


def _storage(environment: Mapping[str, str]) -> Storage:
    given = environment.get
    storage = Storage(
        connection_string=given("AzureWebJobsStorage", ""),
        table_uri=given("AzureWebJobsStorage__tableServiceUri", ""),
        queue_uri=given("AzureWebJobsStorage__queueServiceUri", ""),
        client_id=given("AzureWebJobsStorage__clientId", ""),
    )
    if not storage.connection_string and not (storage.table_uri and storage.queue_uri):
        message = "AzureWebJobsStorage is not set, nor its __tableServiceUri and __queueServiceUri"
        raise SettingsError(message)
    return storage


def _channels(environment: Mapping[str, str]) -> ChannelSettings:
    given = environment.get
    return ChannelSettings(
        teams_urls=_named("PUSH_MEDIC_TEAMS_URL", given("PUSH_MEDIC_TEAMS_URL", ""), "teams"),
        details_url=given("PUSH_MEDIC_DETAILS_URL", "") or _address_of_incidents(environment),
        email_endpoint=given("PUSH_MEDIC_EMAIL_ENDPOINT", ""),
        email_key=given("PUSH_MEDIC_EMAIL_KEY", ""),
        email_sender=given("PUSH_MEDIC_EMAIL_SENDER", ""),
        email_recipients=_recipients(given("PUSH_MEDIC_EMAIL_RECIPIENTS", "")),
        smtp_host=given("PUSH_MEDIC_SMTP_HOST", ""),
        smtp_port=_port(given("PUSH_MEDIC_SMTP_PORT", "587")),
        smtp_user=given("PUSH_MEDIC_SMTP_USER", ""),
        smtp_password=given("PUSH_MEDIC_SMTP_PASSWORD", ""),
        desks=_desks(environment),
    )


def _desks(environment: Mapping[str, str]) -> DeskSettings:
    given, defaults = environment.get, DeskSettings()
    return DeskSettings(
        devops_organization=given("PUSH_MEDIC_DEVOPS_ORGANIZATION", ""),
        devops_project=given("PUSH_MEDIC_DEVOPS_PROJECT", ""),
        devops_type=given("PUSH_MEDIC_DEVOPS_TYPE", "Issue"),
        devops_token=given("PUSH_MEDIC_DEVOPS_TOKEN", ""),
        servicenow_url=given("PUSH_MEDIC_SERVICENOW_URL", ""),
        servicenow_user=given("PUSH_MEDIC_SERVICENOW_USER", ""),
        servicenow_password=given("PUSH_MEDIC_SERVICENOW_PASSWORD", ""),
        servicenow_group=given("PUSH_MEDIC_SERVICENOW_GROUP", ""),
        jira_url=given("PUSH_MEDIC_JIRA_URL", ""),
        jira_project=given("PUSH_MEDIC_JIRA_PROJECT", ""),
        jira_type=given("PUSH_MEDIC_JIRA_TYPE", "") or defaults.jira_type,
        jira_user=given("PUSH_MEDIC_JIRA_USER", ""),
        jira_token=given("PUSH_MEDIC_JIRA_TOKEN", ""),
        github_repository=given("PUSH_MEDIC_GITHUB_REPOSITORY", ""),
        github_token=given("PUSH_MEDIC_GITHUB_TOKEN", ""),
        github_url=given("PUSH_MEDIC_GITHUB_URL", "") or defaults.github_url,
        pagerduty_key=given("PUSH_MEDIC_PAGERDUTY_KEY", ""),
        pagerduty_url=given("PUSH_MEDIC_PAGERDUTY_URL", "") or defaults.pagerduty_url,
        mailbox=given("PUSH_MEDIC_TICKET_MAILBOX", ""),
    )


def _incidents_page(environment: Mapping[str, str]) -> bool:
    """Whether there is a page on which people look: it is wanted, and App Service says who signed in."""
    return _is_on(environment, "PUSH_MEDIC_INCIDENTS_PAGE") and _is_protected(environment)


def _address_of_incidents(environment: Mapping[str, str]) -> str:
    """Where an incident's id leads to its page; empty where there is none."""
    host = environment.get("WEBSITE_HOSTNAME", "")
    return f"https://{host}/api/incidents" if host and _incidents_page(environment) else ""


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    given = environment.get(name, "")
    if given not in ("", "on", "off"):
        message = f"{name}: {given!r} is neither on nor off"
        raise SettingsError(message)
    return given == "on"


def _is_protected(environment: Mapping[str, str]) -> bool:
    return environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"


def _recipients(text: str) -> dict[str, tuple[str, ...]]:
    """Lists of addresses by name; the one without a name is `email`."""
    lists = _named("PUSH_MEDIC_EMAIL_RECIPIENTS", text, "email")
    addresses = {
        name: tuple(filter(None, map(str.strip, listed.split(",")))) for name, listed in lists.items()
    }
    return {name: listed for name, listed in addresses.items() if listed}


def _named(setting: str, text: str, default: str) -> dict[str, str]:
    """Values by the names that stand before them, `name=value; name=value`; one without has the default's.

    Raises SettingsError for a name that is written twice. A value may be a secret, so only the name is told.
    """
    found: dict[str, str] = {}
    for value in filter(None, map(str.strip, text.split(";"))):
        named = _NAMED.fullmatch(value)
        name, rest = (named["name"], named["value"]) if named else (default, value)
        if name in found:
            message = f"{setting}: {name} is written twice"
            raise SettingsError(message)
        found[name] = rest
    return found


def _approval_page(environment: Mapping[str, str]) -> PageSettings | None:
    """The page, if it is wanted and App Service authentication is on: without that, anybody could claim anything."""
    given = environment.get
    keys = tuple(given("PUSH_MEDIC_FORM_KEY", "").replace(",", " ").split())
    host = given("WEBSITE_HOSTNAME", "")
    if not _is_on(environment, "PUSH_MEDIC_APPROVAL_PAGE") or not _is_protected(environment):
        return None
    # App Service hands a reference to a secret that it cannot read over as it stands, and that is no secret: then
    # there is no page, and the rest of the bot goes on.
    if any(key.startswith("@Microsoft.KeyVault(") for key in keys):
        return None
    if not keys or any(len(key) < _SHORTEST_KEY for key in keys):
        message = f"PUSH_MEDIC_FORM_KEY: the approval page needs keys of at least {_SHORTEST_KEY} characters"
        raise SettingsError(message)
    return PageSettings(keys=keys, host=host)


def _audit_topic(text: str) -> str:
    if text and not text.startswith("https://"):
        message = f"PUSH_MEDIC_AUDIT_TOPIC: {text!r} is no https endpoint of a topic"
        raise SettingsError(message)
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
        message = f"PUSH_MEDIC_SMTP_PORT: {text!r} is no port"
        raise SettingsError(message)
    return int(text)
