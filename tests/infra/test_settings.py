"""What the code reads is what the templates set, and nothing else."""

import ast
import re
from collections.abc import Iterator, Mapping

from settings import read_settings
from tests.host.worker import FakeHost
from tests.infra.conftest import EVERYTHING
from tests.infra.deployment import INFRA, Deployment, deploy, parameters

ROOT = INFRA.parent
# The host's and App Service's own, which no code of ours reads.
PLATFORM = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
}
# A connection string is for a developer's machine, and App Service says by itself what it is called and guarded by.
NEVER_SET = {"AzureWebJobsStorage", "WEBSITE_AUTH_ENABLED", "WEBSITE_HOSTNAME"}


class Recording(Mapping[str, str]):
    """Settings that remember what was asked for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.asked: set[str] = set()
        self._known = known

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def settings_of(deployment: Deployment) -> dict[str, str]:
    """The app settings that a deployment makes."""
    (found,) = (
        one for one in deployment.made("Microsoft.Web/sites/config") if one.name.endswith("/appsettings")
    )
    return dict(found.body["properties"])


def asked_by_triggers(worker: FakeHost, settings: Mapping[str, str]) -> set[str]:
    """The settings that the host reads for the app's triggers."""
    triggers = [worker.trigger(function) for function in worker.functions]
    named = {name for trigger in triggers for name in re.findall("%([^%]+)%", str(trigger))}
    connections = {str(trigger["connection"]) for trigger in triggers if "connection" in trigger}
    return named | {name for name in settings if name.partition("__")[0] in connections}


def test_every_setting_that_is_read_is_set_and_every_one_that_is_set_is_read(
    everything: Deployment, worker: FakeHost
) -> None:
    settings = settings_of(everything)
    recording = Recording(settings)
    read_settings(recording)
    for_triggers = asked_by_triggers(worker, settings)
    assert recording.asked - NEVER_SET | for_triggers == settings.keys() - PLATFORM


def test_only_one_file_knows_the_names_of_settings() -> None:
    deployed = [*ROOT.glob("*.py"), *ROOT.glob("checks/**/*.py"), *ROOT.glob("remediations/**/*.py")]
    naming = {
        str(file.relative_to(ROOT))
        for file in deployed
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and re.fullmatch(r"(PUSH_MEDIC|AzureWebJobs)\w+", str(node.value))
    }
    # The triggers name a connection, which is the host's to read.
    assert naming == {"settings.py", "function_app.py"}


def test_the_smallest_installation_has_settings_that_can_be_read(minimal: Deployment) -> None:
    found = read_settings(settings_of(minimal))
    assert [registry.name for registry in found.registries] == ["contoso"]
    assert found.registries[0].login_server == "contoso.azurecr.io"
    assert found.registries[0].storage_ceiling_bytes is None


def test_what_is_known_of_each_registry_reaches_the_app(everything: Deployment) -> None:
    found = read_settings(settings_of(everything)).registries
    assert [(one.name, one.storage_ceiling_bytes) for one in found] == [
        ("contoso", 1000),
        ("fabrikam", None),
        ("adatum", None),
    ]


def test_the_two_halves_are_two_identities(everything: Deployment) -> None:
    found = read_settings(settings_of(everything))
    assert "reader" in found.reader_client_id
    assert "writer" in found.writer_client_id


def test_no_setting_holds_a_secret(everything: Deployment) -> None:
    desks = {"DEVOPS_TOKEN", "SERVICENOW_PASSWORD", "JIRA_TOKEN", "GITHUB_TOKEN", "PAGERDUTY_KEY"}
    secret = {"TEAMS_URL", "EMAIL_KEY", "SMTP_PASSWORD", "FORM_KEY", *desks}
    settings = settings_of(everything)
    assert {name for name, value in settings.items() if value.startswith("@Microsoft.KeyVault(")} == {
        f"PUSH_MEDIC_{name}" for name in secret
    }
    assert not [
        name for name, value in settings.items() if "secret" in value.removeprefix("@") and "@" not in value
    ]


def test_a_secret_that_is_not_in_use_is_an_empty_setting(minimal: Deployment) -> None:
    settings = settings_of(minimal)
    assert settings["PUSH_MEDIC_TEAMS_URL"] == settings["PUSH_MEDIC_SMTP_PASSWORD"] == ""


def test_only_secrets_with_a_value_are_written(everything: Deployment) -> None:
    written = everything.made("Microsoft.KeyVault/vaults/secrets")
    assert [one.body["name"] for one in written] == ["teams-url", "devops-token"]


def test_the_page_on_infra_lists_every_setting(everything: Deployment) -> None:
    page = (INFRA / "README.md").read_text().partition("## Settings")[2]
    listed = {
        name
        for row in page.splitlines()
        for name in re.findall("`([A-Za-z_]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert listed == settings_of(everything).keys()


def test_the_approval_page_is_there_only_where_people_can_sign_in(
    everything: Deployment, minimal: Deployment
) -> None:
    assert settings_of(everything)["PUSH_MEDIC_APPROVAL_PAGE"] == "on"
    assert settings_of(minimal)["PUSH_MEDIC_APPROVAL_PAGE"] == "off"
    keyless = deploy(parameters({**EVERYTHING, "PUSH_MEDIC_SECRETS": "teams-url"}))
    assert settings_of(keyless)["PUSH_MEDIC_APPROVAL_PAGE"] == "off"


def test_people_can_look_only_where_they_can_sign_in(everything: Deployment, minimal: Deployment) -> None:
    assert settings_of(everything)["PUSH_MEDIC_INCIDENTS_PAGE"] == "on"
    assert settings_of(minimal)["PUSH_MEDIC_INCIDENTS_PAGE"] == "off"
