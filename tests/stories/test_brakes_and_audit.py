"""What stops the bot at once, and what shows that somebody changed its past; as operators do it."""

import json
import sys

import pytest
from azure.data.tables import TableServiceClient

import medic
from remediations.model import Reason
from tests.installation import Installation, applied
from tests.local_azure import LocalAzure, Registry
from tests.stories.test_locks import is_open, lock, only_incident, push, reason

RECORDS = "pushmedicjournal"


def refused(azure: LocalAzure, contoso: Registry, bot: Installation) -> None:
    lock(contoso, "tag")
    push(azure, contoso, "tag")
    bot.stream()
    bot.work()


def test_an_app_setting_stops_every_change_without_a_deployment_and_says_why(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    with applied({"PUSH_MEDIC_PAUSED": "a breach is looked into"}):
        # A changed setting starts the app anew.
        sys.modules["function_app"]._app.cache_clear()
        refused(azure, contoso, bot)
    assert azure.writes() == []
    assert reason(bot) is Reason.PAUSED
    assert "a breach is looked into" in str(azure.teams_cards)
    sys.modules["function_app"]._app.cache_clear()


@pytest.mark.parametrize("whom", [["contoso"], []], ids=["one registry", "all"])
def test_an_operator_stops_the_bot_and_lets_it_go_on(
    azure: LocalAzure,
    contoso: Registry,
    bot: Installation,
    whom: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert medic.main(["pause", *whom, "--why", "a release"]) == 0
    refused(azure, contoso, bot)
    assert azure.writes() == []
    assert reason(bot) is Reason.PAUSED
    assert "The bot is paused" in str(azure.teams_cards)
    assert medic.main(["resume", *whom]) == 0
    assert medic.main(["resume", *whom]) == 1
    assert "it was not paused" in capsys.readouterr().err


def test_an_operator_takes_a_change_back_at_any_time(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso, bot)
    assert is_open(contoso, "tag", "")
    incident = only_incident(bot).id
    assert medic.main(["undo", incident]) == 0
    bot.work()
    assert not is_open(contoso, "tag", "")
    assert medic.main(["undo", incident]) == 1


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    status = medic.main(["audit", "verify"])
    return status, capsys.readouterr().out.strip()


def ended(azure: LocalAzure, contoso: Registry, bot: Installation) -> str:
    refused(azure, contoso, bot)
    push(azure, contoso, "tag")
    bot.events()
    bot.work()
    return only_incident(bot).id


def tampered(azurite: str, how: str, incident: str) -> None:
    """Whoever has the rights to the storage changes the rows behind the bot's back."""
    with TableServiceClient.from_connection_string(azurite) as service:
        table = service.get_table_client(RECORDS)
        rows = [dict(row) for row in table.query_entities(f"PartitionKey eq '{incident}'")]
        match how:
            case "edited":
                rows[3]["json0"] = str(rows[3]["json0"]).replace("policy permits", "policy forbids")
                table.upsert_entity(rows[3])
            case "taken out":
                table.delete_entity(incident, str(rows[3]["RowKey"]))
            case "moved":
                rows[3]["RowKey"], rows[4]["RowKey"] = rows[4]["RowKey"], rows[3]["RowKey"]
                table.upsert_entity(rows[3])
                table.upsert_entity(rows[4])
            case "cut off":
                for row in rows[5:]:
                    table.delete_entity(incident, str(row["RowKey"]))
            case _:
                for row in rows:
                    table.delete_entity(incident, str(row["RowKey"]))


@pytest.mark.parametrize(
    ("how", "shows"),
    [
        ("edited", "record 4 does not follow from the one before it"),
        ("taken out", "record 4 does not follow from the one before it"),
        ("moved", "record 4 does not follow from the one before it"),
        ("cut off", "it has ended, and the record of that is missing"),
        ("emptied", "there is no record of it"),
    ],
)
def test_a_past_that_somebody_changed_is_found(
    azure: LocalAzure,
    contoso: Registry,
    bot: Installation,
    azurite: str,
    how: str,
    shows: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    incident = ended(azure, contoso, bot)
    assert verified(capsys) == (0, "Every journal is as it was written.")
    tampered(azurite, how, incident)
    assert verified(capsys) == (1, f"{incident}: {shows}")


def test_what_was_published_and_cut_off_is_found_by_its_number(
    azure: LocalAzure,
    contoso: Registry,
    bot: Installation,
    azurite: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with applied({"PUSH_MEDIC_AUDIT_TOPIC": azure.event_grid_url}):
        incident = ended(azure, contoso, bot)
        app = bot.app
        assert app.audit
        app.audit.publish(incident)
        count = len(bot.journal(incident))
        with TableServiceClient.from_connection_string(azurite) as service:
            service.get_table_client(RECORDS).delete_entity(incident, f"{count:06}")
        expected = f"{incident}: {count} records were published, and {count - 1} are left"
        assert verified(capsys) == (1, expected)


def test_the_record_of_an_incident_is_complete_and_exported_line_by_line(
    azure: LocalAzure, contoso: Registry, bot: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = ended(azure, contoso, bot)
    capsys.readouterr()
    assert medic.main(["audit", "export"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["incident"] for line in lines} == {incident}
    kinds = [line["entry"]["type"] for line in lines]
    assert [kind for kind in kinds if kind != "told"] == [
        "seen",
        "looked",
        "judged",
        "decided",
        "about_to",
        "came_of",
        "about_to",
        "came_of",
        "ended",
    ]
    entries = {line["entry"]["type"]: line["entry"] for line in reversed(lines)}
    assert entries["seen"]["signal"]["excerpt"]
    assert entries["looked"]["evidence"]["tag"]["write"] is False
    assert [finding["check"] for finding in entries["judged"]["diagnosis"]["findings"]]
    assert entries["decided"]["policy"]
    assert entries["decided"]["decision"]["reason"] == "permitted"
    change = entries["about_to"]["change"]
    assert (change["before"]["write"], change["write_enabled"], bool(change["until"])) == (False, True, True)
    assert [line["entry"]["outcome"]["type"] for line in lines if line["entry"]["type"] == "came_of"] == [
        "verified",
        "undone",
    ]
    assert [line["prev"] for line in lines[1:]] == [line["digest"] for line in lines[:-1]]
