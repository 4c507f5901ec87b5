"""What the environment says, read once and strictly, and never repeated where it is secret."""

import json
from pathlib import Path

import pytest

from checks.model import Registry
from remediations.adapters.storage import Storage
from settings import PageSettings, SettingsError, read_settings
from tests.host.azurite import ROOT
from tests.worlds import CONTOSO

ONE = {"resourceId": CONTOSO.resource_id, "loginServer": CONTOSO.login_server}
LEAST = {"PUSH_MEDIC_REGISTRIES": json.dumps([ONE]), "AzureWebJobsStorage": "UseDevelopmentStorage=true"}


def registries(*given: object) -> dict[str, str]:
    return LEAST | {"PUSH_MEDIC_REGISTRIES": json.dumps(given)}


def test_registries_and_storage_are_all_that_must_be_said() -> None:
    settings = read_settings(LEAST)
    assert settings.registries == (CONTOSO,)
    assert settings.storage == Storage(connection_string="UseDevelopmentStorage=true")
    assert settings.policy_file == ROOT / "policy.yaml"
    assert settings.arm_endpoint == "https://management.azure.com"
    assert settings.channels.teams_urls == {}


def test_in_azure_storage_is_named_by_its_services_and_an_identity() -> None:
    identity_based = {
        "AzureWebJobsStorage": "",
        "AzureWebJobsStorage__tableServiceUri": "https://a.table.core.windows.net",
        "AzureWebJobsStorage__queueServiceUri": "https://a.queue.core.windows.net",
        "AzureWebJobsStorage__clientId": "an-identity",
    }
    assert read_settings(LEAST | identity_based).storage == Storage(
        table_uri="https://a.table.core.windows.net",
        queue_uri="https://a.queue.core.windows.net",
        client_id="an-identity",
    )


def test_a_registry_may_come_with_its_ceiling_and_in_any_case() -> None:
    shouted = ONE | {"resourceId": CONTOSO.resource_id.upper(), "storageCeilingBytes": 7}
    assert read_settings(registries(shouted)).registries == (
        Registry(CONTOSO.resource_id.upper(), CONTOSO.login_server, 7),
    )
    assert read_settings(registries(shouted)).registries[0].key == CONTOSO.key


def test_a_policy_may_lie_anywhere() -> None:
    assert read_settings(LEAST | {"PUSH_MEDIC_POLICY": "/etc/policy.yaml"}).policy_file == Path(
        "/etc/policy.yaml"
    )
    assert read_settings(LEAST | {"PUSH_MEDIC_POLICY": "mine.yaml"}).policy_file == ROOT / "mine.yaml"


def test_recipients_are_a_list_with_commas() -> None:
    given = LEAST | {"PUSH_MEDIC_EMAIL_RECIPIENTS": " a@contoso.com, b@contoso.com,, "}
    assert read_settings(given).channels.email_recipients == {"email": ("a@contoso.com", "b@contoso.com")}


def test_channels_of_one_kind_are_told_apart_by_names() -> None:
    given = LEAST | {
        "PUSH_MEDIC_TEAMS_URL": "https://one.example/?sig=a=b; payments=https://two.example/?sig=c",
        "PUSH_MEDIC_EMAIL_RECIPIENTS": "a@contoso.com, b@contoso.com; payments_mail=c@contoso.com",
    }
    channels = read_settings(given).channels
    assert channels.teams_urls == {
        "teams": "https://one.example/?sig=a=b",
        "payments": "https://two.example/?sig=c",
    }
    assert channels.email_recipients == {
        "email": ("a@contoso.com", "b@contoso.com"),
        "payments_mail": ("c@contoso.com",),
    }


def test_a_channels_name_that_is_written_twice_is_told_without_its_secret() -> None:
    given = LEAST | {"PUSH_MEDIC_TEAMS_URL": "https://one.example/?sig=a;https://two.example/?sig=b"}
    with pytest.raises(SettingsError, match=r"^PUSH_MEDIC_TEAMS_URL: teams is written twice$"):
        read_settings(given)


WRONG = {
    "no registries": ({"PUSH_MEDIC_REGISTRIES": ""}, "PUSH_MEDIC_REGISTRIES is not set"),
    "no JSON": ({"PUSH_MEDIC_REGISTRIES": "contoso"}, "PUSH_MEDIC_REGISTRIES: "),
    "no list": ({"PUSH_MEDIC_REGISTRIES": json.dumps(ONE)}, "PUSH_MEDIC_REGISTRIES: Expected `array`"),
    "a misspelt field": (
        registries({"resourceID": "x", "loginServer": "y"}),
        "PUSH_MEDIC_REGISTRIES: Object contains unknown field `resourceID`",
    ),
    "no login server": (
        registries({"resourceId": CONTOSO.resource_id}),
        "PUSH_MEDIC_REGISTRIES: Object missing required field `loginServer`",
    ),
    "a name for an id": (
        registries(ONE | {"resourceId": "contoso"}),
        "PUSH_MEDIC_REGISTRIES: 'contoso' is not the resource id of a registry",
    ),
    "an id with more behind it": (
        registries(ONE | {"resourceId": f"{CONTOSO.resource_id}/x"}),
        "PUSH_MEDIC_REGISTRIES: ",
    ),
    "no storage": ({"AzureWebJobsStorage": ""}, "AzureWebJobsStorage is not set"),
    "half a storage": (
        {"AzureWebJobsStorage": "", "AzureWebJobsStorage__tableServiceUri": "https://a"},
        "AzureWebJobsStorage is not set",
    ),
    "a port in words": ({"PUSH_MEDIC_SMTP_PORT": "smtp"}, "PUSH_MEDIC_SMTP_PORT: 'smtp' is no port"),
    "port nought": ({"PUSH_MEDIC_SMTP_PORT": "0"}, "PUSH_MEDIC_SMTP_PORT: '0' is no port"),
    "a port too far": ({"PUSH_MEDIC_SMTP_PORT": "65536"}, "PUSH_MEDIC_SMTP_PORT: '65536' is no port"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named_with_what_is_wrong(change: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read_settings(LEAST | change)
    assert str(wrong.value).startswith(why)


SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    "name",
    ["AzureWebJobsStorage", "PUSH_MEDIC_EMAIL_KEY", "PUSH_MEDIC_SMTP_PASSWORD", "PUSH_MEDIC_TEAMS_URL"],
)
def test_what_is_wrong_never_repeats_a_secret(name: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read_settings(LEAST | {name: SECRET, "PUSH_MEDIC_SMTP_PORT": "x"})
    assert SECRET not in str(wrong.value)


KEYS = f"{'n' * 32}, {'o' * 32}"
PAGE = {
    "PUSH_MEDIC_APPROVAL_PAGE": "on",
    "PUSH_MEDIC_FORM_KEY": KEYS,
    "WEBSITE_AUTH_ENABLED": "True",
    "WEBSITE_HOSTNAME": "bot.example",
}


def test_the_approval_page_is_served_where_app_service_says_who_signed_in() -> None:
    page = read_settings(LEAST | PAGE).approval_page
    assert page == PageSettings(keys=("n" * 32, "o" * 32), host="bot.example")
    assert page.address == "https://bot.example/api/approvals"


@pytest.mark.parametrize(
    "without",
    [
        {"PUSH_MEDIC_APPROVAL_PAGE": ""},
        {"PUSH_MEDIC_APPROVAL_PAGE": "off"},
        {"WEBSITE_AUTH_ENABLED": ""},
        {"WEBSITE_AUTH_ENABLED": "False"},
        {"WEBSITE_AUTH_ENABLED": "1"},
        {"PUSH_MEDIC_FORM_KEY": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/form-key)"},
    ],
)
def test_without_a_wish_authentication_or_a_secret_there_is_no_approval_page(without: dict[str, str]) -> None:
    assert read_settings(LEAST | PAGE | without).approval_page is None


@pytest.mark.parametrize("keys", ["", "short", f"{'n' * 32},short"])
def test_a_page_whose_forms_anybody_could_sign_is_refused_and_no_key_is_repeated(keys: str) -> None:
    with pytest.raises(SettingsError, match="PUSH_MEDIC_FORM_KEY") as refused:
        read_settings(LEAST | PAGE | {"PUSH_MEDIC_FORM_KEY": keys})
    assert not keys or keys not in str(refused.value)


def test_a_page_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsError, match="neither on nor off"):
        read_settings(LEAST | {"PUSH_MEDIC_APPROVAL_PAGE": "true"})


LOOK = {
    "PUSH_MEDIC_INCIDENTS_PAGE": "on",
    "WEBSITE_AUTH_ENABLED": "True",
    "WEBSITE_HOSTNAME": "push-medic.azurewebsites.net",
}


def test_where_people_can_look_a_card_leads_to_the_incident() -> None:
    found = read_settings(LEAST | LOOK)
    assert found.incidents_page
    assert found.channels.details_url == "https://push-medic.azurewebsites.net/api/incidents"


def test_a_page_of_the_operators_own_goes_before_ours() -> None:
    elsewhere = {"PUSH_MEDIC_DETAILS_URL": "https://wiki.contoso.com/incidents"}
    assert read_settings(LEAST | LOOK | elsewhere).channels.details_url == elsewhere["PUSH_MEDIC_DETAILS_URL"]


@pytest.mark.parametrize(
    "without",
    [
        {"PUSH_MEDIC_INCIDENTS_PAGE": ""},
        {"PUSH_MEDIC_INCIDENTS_PAGE": "off"},
        {"WEBSITE_AUTH_ENABLED": ""},
        {"WEBSITE_AUTH_ENABLED": "False"},
    ],
)
def test_nobody_can_look_unless_it_is_wanted_and_app_service_says_who_signed_in(
    without: dict[str, str],
) -> None:
    found = read_settings(LEAST | LOOK | without)
    assert (found.incidents_page, found.channels.details_url) == (False, "")


def test_a_switch_of_the_incidents_page_that_is_neither_on_nor_off_is_wrong() -> None:
    with pytest.raises(SettingsError, match="PUSH_MEDIC_INCIDENTS_PAGE: 'yes' is neither on nor off"):
        read_settings(LEAST | {"PUSH_MEDIC_INCIDENTS_PAGE": "yes"})
