"""A job says that its address is refused, and proves who it is; or somebody else does, and proves nothing."""

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.incident import Incident, State
from checks.model import Proof
from remediations.model import Decided, Escalate, Reason, Seen
from tests.installation import PERMISSIVE, Installation
from tests.local_azure import LocalAzure, Registry, status
from tests.local_azure.issuer import CONFIGURATION, KEYS
from tests.local_azure.signing import SigningKey, job_claims

CLIENT = "52.138.231.5"
NEIGHBOUR = "52.138.231.6"
ISSUERS = """
issuers:
  - service: github_actions
    issuer: {url}
    audience: push-medic
    registries: [contoso]
    repositories: ["contoso/*"]
    refs: [refs/heads/main]
"""


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    """A registry that lets nobody in."""
    return azure.add_registry("contoso", default_action="Deny")


@pytest.fixture
def policy(tmp_path: Path, azure: LocalAzure) -> Path:
    """A policy that names no proof, so that the default counts, and trusts the local issuer."""
    file = tmp_path / "policy.yaml"
    permits = PERMISSIVE.replace("    proof: [registry_log, same_address]\n", "")
    assert "proof" not in permits
    file.write_text(permits + ISSUERS.format(url=azure.issuer_url))
    return file


def incident_of(bot: Installation) -> Incident:
    [incident] = bot.app.incidents.of("contoso")
    return incident


def reasons(bot: Installation) -> list[Reason]:
    """Why it was decided as it was, each time."""
    entries = (record.entry for record in bot.journal(incident_of(bot).id))
    return [entry.decision.reason for entry in entries if isinstance(entry, Decided)]


def senders(bot: Installation) -> list[str]:
    """What the journal says of who sent each report."""
    entries = (record.entry for record in bot.journal(incident_of(bot).id))
    return [entry.signal.sender for entry in entries if isinstance(entry, Seen)]


def counted(bot: Installation) -> dict[str, int]:
    return {kept.rejection.reason: kept.count for kept in bot.app.rejected.recent()}


def report(bot: Installation, token: str = "", *, sent_from: str = CLIENT, **fields: str) -> dict[str, str]:
    """The job posts what its client printed; what it is answered."""
    [contoso] = bot.azure.registries.values()
    refused = bot.azure.push(contoso, "team/app", "v1")
    assert refused.status == 403
    code, answer = bot.report(
        sent_from, token=token, text=refused.text, registry=contoso.login_server, **fields
    )
    assert (code, answer["outcome"]) == (202, "incident")
    bot.work()
    return answer


def test_a_job_that_proves_who_it_is_gets_the_address_that_it_reports_from_let_in(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    answer = report(bot, azure.job_token("contoso/app"))
    assert (answer["token"], answer["proof"]) == ("verified", "oidc")
    assert answer["sender"] == "repository contoso/app at refs/heads/main"
    assert contoso.ip_rules == [CLIENT]
    assert (incident_of(bot).state, incident_of(bot).proof) == (State.MENDED, Proof.VERIFIED_JOB)
    assert senders(bot) == [answer["sender"]]
    assert azure.push(contoso, "team/app", "v1").succeeded
    assert counted(bot) == {}


def test_a_job_that_proves_who_it_is_gets_no_other_address_let_in(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    answer = report(bot, azure.job_token("contoso/app"), sent_from=NEIGHBOUR)
    assert (answer["token"], answer["proof"]) == ("verified", "claimed")
    assert contoso.ip_rules == []
    assert reasons(bot) == [Reason.ADDRESS_UNPROVEN]


def test_a_report_without_a_token_asks_a_person(contoso: Registry, bot: Installation) -> None:
    answer = report(bot)
    assert "token" not in answer
    assert answer["proof"] == "same_address"
    assert contoso.ip_rules == []
    assert reasons(bot) == [Reason.ADDRESS_UNPROVEN]


def test_a_proven_job_outside_every_approved_range_asks_a_person(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.client_address = "13.77.1.9"
    assert report(bot, azure.job_token(), sent_from="13.77.1.9")["proof"] == "oidc"
    assert contoso.ip_rules == []
    assert reasons(bot) == [Reason.NOT_PERMITTED]


@pytest.mark.parametrize("only_guard", ["anonymous_pull", "admin_user"])
def test_a_proven_job_opens_no_registry_whose_only_guard_is_the_network(
    azure: LocalAzure, contoso: Registry, bot: Installation, only_guard: str
) -> None:
    setattr(contoso, only_guard, True)
    assert report(bot, azure.job_token())["proof"] == "oidc"
    assert contoso.ip_rules == []
    assert reasons(bot) == [Reason.ANONYMOUS_OR_ADMIN_ACCESS]


def forged(azure: LocalAzure) -> str:
    """Another job's token, with the claims of one that is allowed."""
    header, _, signature = azure.job_token("evil/app").split(".")
    return f"{header}.{encoded(claims(azure))}.{signature}"


def signed_with_the_public_key(azure: LocalAzure) -> str:
    key = azure.issuer.key
    pem = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded({'alg': 'HS256', 'kid': key.name})}.{encoded(claims(azure))}"
    return f"{signed}.{encoded(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"


def unsigned(azure: LocalAzure) -> str:
    return f"{encoded({'alg': 'none'})}.{encoded(claims(azure))}."


def with_swapped_keys(azure: LocalAzure) -> str:
    """Signed by somebody else, under the name of the issuer's key."""
    return SigningKey("RS256", azure.issuer.key.name).sign(claims(azure))


def with_a_key_of_its_own(azure: LocalAzure) -> str:
    mine = SigningKey("ES256")
    return mine.sign(claims(azure), jwk=mine.published)


def while_the_keys_are_sent_elsewhere(azure: LocalAzure) -> str:
    effect = status(302, headers={"Location": f"{azure.issuer_url}/elsewhere"})
    azure.faults.add(path=KEYS, effect=effect, times=None)
    return azure.job_token()


def while_the_keys_are_said_to_be_elsewhere(azure: LocalAzure) -> str:
    said = {"issuer": azure.issuer_url, "jwks_uri": "https://evil.example/keys"}
    azure.faults.add(path=CONFIGURATION, effect=status(200, json.dumps(said)), times=None)
    return azure.job_token()


def while_the_issuer_is_away(azure: LocalAzure) -> str:
    azure.faults.add(path=CONFIGURATION, effect=status(503), times=None)
    return azure.job_token()


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(azure: LocalAzure) -> dict[str, object]:
    return job_claims(azure.issuer_url, azure.now(), "contoso/app", "push-medic")


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


REFUSED: dict[str, Callable[[LocalAzure], str]] = {
    "token_forged": forged,
    "token_unsigned": unsigned,
    "token_algorithm_refused": signed_with_the_public_key,
    "token_key_unknown": with_a_key_of_its_own,
    "token_keys_redirected": while_the_keys_are_sent_elsewhere,
    "token_keys_elsewhere": while_the_keys_are_said_to_be_elsewhere,
    "token_keys_unreadable": while_the_issuer_is_away,
    "token_issuer_unknown": lambda azure: azure.job_token(iss=f"{azure.issuer_url}/evil"),
    "token_issuer_insecure": lambda azure: azure.job_token(iss=f"http://127.0.0.1:{azure.http_port}"),
    "token_audience_wrong": lambda azure: azure.job_token(audience="somebody-else"),
    "token_expired": lambda azure: azure.job_token(iat=ago(400), nbf=ago(400), exp=ago(100)),
    "token_not_yet_valid": lambda azure: azure.job_token(nbf=ago(-600)),
    "token_too_old": lambda azure: azure.job_token(iat=ago(3600), nbf=ago(3600)),
    "token_job_not_allowed": lambda azure: azure.job_token("contoso-evil/app"),
    "token_malformed": lambda _: "not.a-token",
    "token_too_large": lambda _: "a" * 1024 * 1024,
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_token_that_does_not_count_is_counted_told_and_leaves_the_report_to_people(
    azure: LocalAzure, contoso: Registry, bot: Installation, why: str
) -> None:
    answer = report(bot, REFUSED[why](azure))
    assert (answer["token"], answer["proof"]) == (why, "claimed")
    assert answer["because"]
    assert contoso.ip_rules == []
    assert reasons(bot) == [Reason.ADDRESS_UNPROVEN]
    assert counted(bot) == {why: 1}
    assert senders(bot) == [f"not shown ({why}): {answer['because']}"]


def test_swapped_keys_are_a_forgery(azure: LocalAzure, contoso: Registry, bot: Installation) -> None:
    assert report(bot, with_swapped_keys(azure))["token"] == "token_forged"
    assert contoso.ip_rules == []


def test_a_job_speaks_for_no_other_registry(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("registries: [contoso]", "registries: [sandbox]"))
    answer = report(bot, azure.job_token())
    assert (answer["token"], answer["proof"]) == ("token_registry_not_allowed", "claimed")
    assert contoso.ip_rules == []
    assert counted(bot) == {"token_registry_not_allowed": 1}


def test_a_bad_token_takes_from_a_report_what_it_would_have_had_without(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 8h", "lasts: 8h\n    proof: [same_address]"))
    assert report(bot, forged(azure))["proof"] == "claimed"
    assert contoso.ip_rules == []


def test_where_policy_names_it_a_plain_report_from_the_address_is_enough_and_a_proven_one_as_well(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    policy.write_text(policy.read_text().replace("lasts: 8h", "lasts: 8h\n    proof: [same_address]"))
    report(bot)
    assert contoso.ip_rules == [CLIENT]
    azure.client_address = NEIGHBOUR
    assert (
        bot.report(
            NEIGHBOUR,
            token=azure.job_token(),
            text=azure.push(contoso, "team/app", "v1").text,
            registry=contoso.login_server,
        )[1]["proof"]
        == "oidc"
    )
    bot.work()
    assert contoso.ip_rules == [CLIENT, NEIGHBOUR]


def test_a_token_counts_once(azure: LocalAzure, contoso: Registry, bot: Installation) -> None:
    token = azure.job_token()
    report(bot, token)
    assert contoso.ip_rules == [CLIENT]
    azure.client_address = NEIGHBOUR
    text = azure.push(contoso, "team/app", "v1").text
    _, answer = bot.report(NEIGHBOUR, token=token, text=text, registry=contoso.login_server)
    bot.work()
    assert (answer["token"], answer["proof"]) == ("token_replayed", "claimed")
    assert contoso.ip_rules == [CLIENT]
    assert counted(bot) == {"token_replayed": 1}


def test_whoever_claims_first_is_not_in_the_way_of_who_can_prove_it(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    report(bot, sent_from="20.0.0.1", reportId="somebody")
    assert incident_of(bot).state is State.WITH_PEOPLE
    report(bot, azure.job_token(audience="wrong"), reportId="the-job")
    assert contoso.ip_rules == []
    report(bot, azure.job_token(), reportId="the-job")
    assert contoso.ip_rules == [CLIENT]
    assert reasons(bot) == [Reason.ADDRESS_UNPROVEN, Reason.PERMITTED]


def test_a_rotated_key_is_taken_and_only_keys_are_asked_for(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.issuer.rotate("ES256")
    assert report(bot, azure.job_token())["proof"] == "oidc"
    asked = [call for call in azure.requests if call.path in (CONFIGURATION, KEYS)]
    assert [(call.method, call.body) for call in asked] == [("GET", b"")] * 2
    assert contoso.ip_rules == [CLIENT]


def test_no_token_is_kept_anywhere(
    azure: LocalAzure, bot: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [forged(azure), azure.job_token()]
    answers = [report(bot, token) for token in tokens]
    journal, rejected = bot.journal(incident_of(bot).id), bot.app.rejected.recent()
    kept = str([journal, rejected, azure.teams_posts, azure.mails, answers, caplog.text])
    assert "token_forged" in kept
    assert not any(part in kept for token in tokens for part in token.split(".")[1:])


def test_a_decision_about_an_unproven_address_names_what_is_missing(
    azure: LocalAzure, bot: Installation
) -> None:
    report(bot, forged(azure))
    entries = (record.entry for record in bot.journal(incident_of(bot).id))
    [decision] = [entry.decision for entry in entries if isinstance(entry, Decided)]
    assert isinstance(decision, Escalate)
    assert "registry_log or oidc" in decision.because
