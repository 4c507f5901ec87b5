"""Clients that the registry refuses for what they are or how often they come: told once, diagnosed, to people."""

import json
from typing import Any

import pytest

from checks.incident import Incident, State
from checks.model import Symptom
from remediations.model import Decided, Escalate, Reason
from tests.installation import READER, Installation
from tests.local_azure import LocalAzure, Registry
from tests.local_azure.network import SecurityGroup, SecurityRule
from tests.local_azure.pushing import PushOutcome

KEY = {"x-functions-key": "a-function-key"}
PULL_ONLY = {"Microsoft.ContainerRegistry/registries/pull/read"}


def only_incident(bot: Installation) -> Incident:
    [incident] = bot.app.incidents.of("contoso")
    return incident


def reason(bot: Installation) -> Reason:
    [decided] = [r.entry for r in bot.journal(only_incident(bot).id) if isinstance(r.entry, Decided)]
    assert isinstance(decided.decision, Escalate)
    return decided.decision.reason


def only_card(azure: LocalAzure) -> str:
    """What the only card says, without the marks that keep Markdown from meaning anything."""
    [card] = azure.teams_cards
    return json.dumps(card).replace("\\", "")


def pushed_by(azure: LocalAzure, contoso: Registry, who: str, tag: str = "v1") -> PushOutcome:
    return azure.push(contoso, "team/app", tag, login=contoso.login(who))


def test_a_pipeline_without_the_role_is_told_the_least_one_that_would_do(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.rights["pipeline"] = PULL_ONLY
    for _ in range(4):
        assert pushed_by(azure, contoso, "pipeline").status == 401
        bot.stream()
        bot.work()
    assert (only_incident(bot).symptom, only_incident(bot).state) == (Symptom.UNAUTHORIZED, State.WITH_PEOPLE)
    assert reason(bot) is Reason.NO_REMEDIATION
    card = only_card(azure)
    assert "identity pipeline may not push to team/app" in card
    assert "AcrPush" in card
    assert azure.writes() == []


def test_in_abac_mode_acrpush_is_said_to_count_for_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.role_assignment_mode = "AbacRepositoryPermissions"
    azure.rights["pipeline"] = {"Microsoft.ContainerRegistry/registries/push/write", *PULL_ONLY}
    assert pushed_by(azure, contoso, "pipeline").status == 401
    bot.stream()
    bot.work()
    card = only_card(azure)
    assert "AcrPush counts for nothing" in card
    assert "Container Registry Repository Writer" in card


def test_a_secret_that_has_expired_is_told_of_once(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.arm_tokens_accepted = False
    for _ in range(3):
        assert azure.push(contoso, "team/app", "v1", login=("pipeline", "old")).status == 401
    bot.stream()
    bot.work()
    assert only_incident(bot).count == 3
    card = only_card(azure)
    assert "the credentials of identity pipeline were refused" in card
    assert "tokens for Resource Manager are not taken here" in card


def test_strangers_who_try_names_are_one_incident_and_one_card(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    for number in range(12):
        azure.push(contoso, "team/app", "v1", login=(f"guess-{number}", "wrong"))
    bot.stream()
    bot.work()
    assert only_incident(bot).count == 12
    assert "guess-0 (1)" in only_card(azure)


def test_the_challenge_with_which_every_login_begins_is_nothing(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.log_challenges = True
    azure.push(contoso, "team/app", "v1", login=("", ""))
    assert azure.push(contoso, "team/app", "v1").succeeded
    assert any(row["resultDescription"] == "401" for row in azure.diagnostic_records)
    bot.stream()
    assert list(bot.app.incidents.of("contoso")) == []
    assert bot.app.rejected.recent() == ()


def test_a_throttled_push_that_went_through_at_last_wakes_nobody(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    row = throttled(azure, contoso)
    bot.host.stream("diagnostic_logs", [json.dumps({"records": [row]}).encode()])
    assert only_incident(bot).state is State.OPEN
    assert azure.push(contoso, "team/app", "v1").succeeded
    bot.work()
    assert only_incident(bot).state is State.CLOSED
    assert azure.teams_cards == []


def test_a_throttled_push_is_told_with_the_limits_of_the_sku_and_over_when_it_has_succeeded(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    row = throttled(azure, contoso)
    bot.host.stream("diagnostic_logs", [json.dumps({"records": [row]}).encode()])
    bot.work()
    card = only_card(azure)
    assert "4,000 writes a minute" in card
    assert "ci-pipeline (1)" in card
    assert azure.push(contoso, "team/app", "v1").succeeded
    bot.events()
    assert only_incident(bot).state is State.CLOSED


def throttled(azure: LocalAzure, contoso: Registry) -> dict[str, Any]:
    """The registry's row of a push that was answered with 429."""
    azure.push(contoso, "team/app", "v1", b"old")
    azure.take_events()
    row = azure.diagnostic_records[-1] | {"resultDescription": "429"}
    return row | {"properties": row["properties"] | {"digest": "<nil>"}}


REPORTS = {
    "no such host": ("unreachable", "dns failure", "privatelink.azurecr.io"),
    "dial tcp 20.1.2.3:443: i/o timeout": ("unreachable", "connectivity timeout", "medic check REGISTRY"),
    "tls: failed to verify certificate: x509: certificate signed by unknown authority": (
        "unreachable",
        "tls error",
        "openssl s_client",
    ),
    "denied: requested access to the resource is denied": ("unauthorized", "permission denied", "AcrPush"),
    "received unexpected HTTP status: 503 Service Unavailable": (
        "server_error",
        "server error",
        "support request",
    ),
    "something nobody has ever seen": ("unexplained", "nothing that the bot knows explains it", "nobody has"),
}


@pytest.mark.parametrize(("text", "expected"), REPORTS.items(), ids=[one[1] for one in REPORTS.values()])
def test_what_a_pipeline_reports_reaches_people_with_its_cause_and_what_to_do(
    azure: LocalAzure, contoso: Registry, bot: Installation, text: str, expected: tuple[str, str, str]
) -> None:
    symptom, title, advice = expected
    status, answer = bot.report("52.138.231.5", text=text, registry=contoso.login_server, image="team/app:v1")
    assert (status, answer["outcome"]) == (202, "incident")
    bot.work()
    assert only_incident(bot).symptom.value == symptom
    card = only_card(azure)
    assert title in card
    assert advice in card
    assert azure.writes() == []


TIMED_OUT = (
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"
)


def test_a_report_that_names_its_machine_has_the_rule_named_that_keeps_it_from_the_registry(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.network.polls = 0
    machine = azure.network.add()
    deny = SecurityRule("UserRule_DenyInternet", "Deny", port="443")
    machine.groups = [SecurityGroup("nsg-build", machine.subnet_id, [deny])]
    report = {"text": TIMED_OUT, "registry": contoso.login_server, "image": "team/app:v1"}
    _, answer = bot.report("52.138.231.5", **report, resource=machine.resource_id)
    bot.work()
    card = only_card(azure)
    assert "connectivity timeout at security group nsg-build" in card
    assert "the rule UserRule_DenyInternet of nsg-build, applied to subnet build, denies 10.1.0.4" in card
    assert "from the bot's own network, DNS, TCP, TLS and /v2/ of the login server answer" in card
    stands = bot.host.answer("GET", f"/api/push-reports/{answer['receipt']}", b"", KEY).json()
    assert stands["diagnosis"].startswith("the rule UserRule_DenyInternet of nsg-build")
    assert azure.writes() == []


def test_where_the_bot_may_not_look_at_a_machine_the_right_is_named_that_it_lacks(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.rights[READER] = {"Microsoft.ContainerRegistry/registries/read"}
    machine = azure.network.add()
    bot.report("52.138.231.5", text=TIMED_OUT, registry=contoso.login_server, resource=machine.resource_id)
    bot.work()
    assert reason(bot) is Reason.NO_REMEDIATION
    assert "The bot lacks Microsoft.Compute/virtualMachines/read" in only_card(azure)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("no space left on device", "client_side"),
        ("manifest invalid: manifest invalid", "repository_or_manifest_invalid"),
        ("denied: requested access to the resource is denied (docker.io/library/x)", "other_registry"),
    ],
)
def test_what_only_the_reporter_can_see_to_is_explained_and_wakes_nobody(
    azure: LocalAzure, bot: Installation, text: str, cause: str
) -> None:
    status, answer = bot.report("52.138.231.5", text=text)
    assert (status, answer["outcome"], answer["cause"]) == (200, "explained", cause)
    assert answer["advice"]
    bot.work()
    assert list(bot.app.incidents.of("contoso")) == []
    assert azure.teams_cards == []
