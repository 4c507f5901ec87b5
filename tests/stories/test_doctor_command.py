"""`medic doctor`, run against an installation in which one thing is wrong."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

import medic
from remediations.doctor import READER_NEEDS, WRITER_NEEDS
from tests.host.azurite import ROOT
from tests.installation import READER, WRITER, Installation, applied
from tests.local_azure import LocalAzure, Registry, status, streaming


@pytest.fixture(autouse=True)
def running(bot: Installation) -> Installation:
    """The bot runs, and has heard of its registry."""
    bot.host.tick("sweep")
    return bot


def examined(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status, and what is wrong or could not be told."""
    code = medic.main(["doctor", "--json", *options])
    found = json.loads(capsys.readouterr().out)["findings"]
    return code, {one["about"]: one for one in found if one["mark"] in {"wrong", "unknown"}}


def test_a_sound_installation_is_said_to_be_so_and_nothing_is_changed_or_sent(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["doctor"]) == 0
    told = capsys.readouterr()
    assert "Nothing wrong" in told.out
    assert "Reader in contoso: it has all 8 actions that it needs" in told.out
    assert "logs of contoso: both reach the hub" in told.out
    assert "eyJ" not in told.out
    assert azure.teams_signature not in told.out
    assert azure.writes() == []
    assert (azure.teams_posts, azure.mails, azure.work_items) == ([], [], [])


@pytest.mark.parametrize(
    ("identity", "role", "needs"), [(READER, "Reader", READER_NEEDS), (WRITER, "Writer", WRITER_NEEDS)]
)
def test_each_missing_action_is_named_with_the_command_that_gives_it(
    azure: LocalAzure,
    contoso: Registry,
    capsys: pytest.CaptureFixture[str],
    identity: str,
    role: str,
    needs: tuple[str, ...],
) -> None:
    for missing in needs:
        azure.rights[identity] = {*needs, "Microsoft.OperationalInsights/*"} - {missing}
        code, wrong = examined(capsys)
        assert code == 1
        told = [one for one in wrong.values() if missing in one["saw"]]
        assert told, missing
        mend = f"az role assignment create --assignee {identity} --role 'Push Medic {role} (ENVIRONMENT)'"
        assert told[0]["mend"].startswith(f"{mend} --scope {contoso.resource_id}")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "ContainerRegistryRepositoryEvents and ContainerRegistryLoginEvents go nowhere"),
        (
            [streaming(categories=("ContainerRegistryLoginEvents",))],
            "ContainerRegistryRepositoryEvents go nowhere",
        ),
        ([streaming(hub="another")], "go nowhere that the bot listens"),
        ([streaming(namespace="another")], "go nowhere that the bot listens"),
    ],
)
def test_logs_that_reach_no_hub_are_named_with_the_command_that_streams_them(
    contoso: Registry, capsys: pytest.CaptureFixture[str], settings: list[dict[str, object]], said: str
) -> None:
    contoso.diagnostic_settings = settings
    code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["logs of contoso"])
    assert said in wrong["logs of contoso"]["saw"]
    assert "az monitor diagnostic-settings create" in wrong["logs of contoso"]["mend"]
    assert "--event-hub registry-logs" in wrong["logs of contoso"]["mend"]


def test_poison_is_named(bot: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    bot.host.send("push-medic-poison", "bad")
    code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["push-medic-poison"])
    assert "1 messages failed" in wrong["push-medic-poison"]["saw"]


def test_a_bot_without_channels_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    none = {"PUSH_MEDIC_TEAMS_URL": "", "PUSH_MEDIC_EMAIL_SENDER": "", "PUSH_MEDIC_DEVOPS_ORGANIZATION": ""}
    with applied(none):
        code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["channels"])


def test_a_channel_and_a_desk_that_refuse_are_named_without_their_secrets(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.faults.add(path=".*triggers/manual.*", effect=status(401), times=None)
    azure.faults.add(path=".*_apis/wit.*", effect=status(401), times=None)
    code, wrong = examined(capsys, "--send-test")
    assert (code, set(wrong)) == (1, {"test to teams", "ticket desk azure_devops"})
    assert azure.teams_signature not in str(wrong)


def test_on_request_every_channel_gets_a_marked_test_message(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    code, wrong = examined(capsys, "--send-test")
    assert (code, wrong) == (0, {})
    assert "Test: Push Medic can reach you here" in str(azure.teams_posts[0].card)
    assert "Test: Push Medic can reach you here" in str(azure.mails[0])
    assert azure.work_items == []


def test_a_clock_that_is_wrong_is_named(azure: LocalAzure, capsys: pytest.CaptureFixture[str]) -> None:
    late = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type": "application/json"}
    body = json.dumps({"value": [{"actions": ["*"], "dataActions": ["*"]}]})
    azure.faults.add(path="/subscriptions/.*/permissions", effect=status(200, body, headers=late), times=None)
    code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["clock"])
    assert "ahead of Azure's" in wrong["clock"]["saw"]


def test_a_bot_that_does_not_run_is_named(capsys: pytest.CaptureFixture[str], bot: Installation) -> None:
    bot.app.hearing._table.remove("heard", "sweep")
    code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["bot"])


def test_storage_that_is_not_there_is_named_in_bounded_time(capsys: pytest.CaptureFixture[str]) -> None:
    account = "AccountName=devstoreaccount1;AccountKey=c2VjcmV0;DefaultEndpointsProtocol=http"
    ends = "".join(
        f";{one}Endpoint=http://127.0.0.1:9/devstoreaccount1" for one in ("Blob", "Queue", "Table")
    )
    begun = time.monotonic()
    with applied({"AzureWebJobsStorage": account + ends}):
        code, wrong = examined(capsys)
    assert time.monotonic() - begun < timedelta(seconds=60).total_seconds()
    assert code == 1
    assert {"tables", "queues", "sources"} <= wrong.keys()
    assert "Data Contributor" in wrong["tables"]["mend"]
    assert "c2VjcmV0" not in str(wrong)


def test_a_workspace_that_refuses_is_named(azure: LocalAzure, capsys: pytest.CaptureFixture[str]) -> None:
    azure.rights[READER] = set(READER_NEEDS)
    code, wrong = examined(capsys)
    assert (code, list(wrong)) == (1, ["workspace"])


def test_what_was_heard_of_is_told(
    azure: LocalAzure, contoso: Registry, bot: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert azure.push(contoso, "team/app", "v1").succeeded
    contoso.lock("team/app", tag="v1")
    azure.push(contoso, "team/app", "v1", b"new")
    bot.stream()
    bot.events()
    medic.main(["doctor", "--json"])
    found = {one["about"]: one["saw"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert found["source diagnostic_logs"].startswith("something that mattered came at")
    assert found["source registry_events"].startswith("something that mattered came at")
    assert found["source push_report"] == "nothing that mattered has ever come from it"


def test_a_policy_that_is_wrong_says_where(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text("version: 1\nrehersal: false\n")
    assert medic.main(["doctor"]) == 2
    assert "policy.yaml:2:" in capsys.readouterr().err


def test_the_examples_of_the_documentation_are_commands_that_exist() -> None:
    assert "medic doctor" in (ROOT / "docs/install.md").read_text()
