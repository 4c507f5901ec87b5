"""A client's address is refused by the firewall, from the client's text to the rule that goes again."""

import time
from pathlib import Path

import pytest

from checks.incident import Incident, State
from remediations.model import Decided, Escalate, Reason
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry

CLIENT = "52.138.231.5"
COLLEAGUE = "20.50.1.1"


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    """A registry that lets in one address, which is not the client's."""
    return azure.add_registry("contoso", default_action="Deny", ip_rules=[COLLEAGUE])


def only_incident(bot: Installation) -> Incident:
    [incident] = bot.app.incidents.of("contoso")
    return incident


def refused(azure: LocalAzure, contoso: Registry) -> str:
    """What the client prints when it is refused."""
    answer = azure.push(contoso, "team/app", "v1")
    assert answer.status == 403
    return answer.text


def reason(bot: Installation) -> Reason:
    [decided] = [r.entry for r in bot.journal(only_incident(bot).id) if isinstance(r.entry, Decided)]
    assert isinstance(decided.decision, Escalate)
    return decided.decision.reason


def test_an_address_that_a_report_came_from_is_let_in_for_a_while_and_put_out_again(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 8h", "lasts: 1s"))
    status, answer = bot.report(CLIENT, text=refused(azure, contoso), registry=contoso.login_server)
    assert (status, answer["outcome"]) == (202, "incident")
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE, CLIENT]
    assert only_incident(bot).state is State.MENDED
    assert azure.push(contoso, "team/app", "v1").succeeded
    time.sleep(1.1)
    bot.host.tick("sweep")
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE]
    assert only_incident(bot).ended == "its time is up"
    assert len(azure.teams_cards) == 2


def test_an_address_that_the_registrys_own_log_names_is_let_in(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.log_firewall_denials = True
    refused(azure, contoso)
    bot.stream()
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE, CLIENT]


@pytest.mark.parametrize("sent_from", ["20.0.0.1", "", "not an address"])
def test_an_address_that_a_report_only_claims_goes_to_people(
    azure: LocalAzure, contoso: Registry, bot: Installation, sent_from: str
) -> None:
    bot.report(sent_from, text=refused(azure, contoso), registry=contoso.login_server)
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE]
    assert reason(bot) is Reason.ADDRESS_UNPROVEN


def test_what_a_client_writes_into_the_forwarding_header_proves_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    bot.report(f"{CLIENT}, 20.0.0.1", text=refused(azure, contoso), registry=contoso.login_server)
    bot.work()
    assert reason(bot) is Reason.ADDRESS_UNPROVEN


def test_an_address_outside_the_approved_ranges_goes_to_people(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.client_address = "13.77.1.9"
    bot.report("13.77.1.9", text=refused(azure, contoso), registry=contoso.login_server)
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE]
    assert reason(bot) is Reason.NOT_PERMITTED


def test_a_registry_without_a_public_door_goes_to_people_with_the_way_in(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.public_network_access = "Disabled"
    bot.report(CLIENT, text=refused(azure, contoso), registry=contoso.login_server)
    bot.work()
    assert azure.writes() == []
    assert (contoso.public_network_access, contoso.ip_rules) == ("Disabled", [COLLEAGUE])
    assert reason(bot) is Reason.NO_REMEDIATION
    assert "private endpoint" in str(azure.teams_cards)


def test_a_colleagues_rule_of_the_meantime_outlives_ours(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 8h", "lasts: 1s"))
    bot.report(CLIENT, text=refused(azure, contoso), registry=contoso.login_server)
    bot.work()
    contoso.ip_rules.append("20.0.0.7")
    time.sleep(1.1)
    bot.host.tick("sweep")
    bot.work()
    assert contoso.ip_rules == [COLLEAGUE, "20.0.0.7"]
