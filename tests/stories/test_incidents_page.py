"""People look at what the bot did: on the page through the real worker, from a card, and on the command line."""

import json
from collections.abc import Iterator, Mapping

import pytest

import medic
from tests.host.worker import HttpAnswer
from tests.installation import Installation, applied
from tests.local_azure import LocalAzure, Registry
from tests.remediations.test_approval_page import Forms, signed_in

PAGE = {
    "PUSH_MEDIC_INCIDENTS_PAGE": "on",
    "WEBSITE_AUTH_ENABLED": "True",
    "WEBSITE_HOSTNAME": "push-medic.azurewebsites.net",
}
SIGNED_IN = {"x-ms-client-principal": signed_in()}


@pytest.fixture
def settings() -> Mapping[str, str]:
    """The settings of the page, as they are where it is served."""
    return PAGE


@pytest.fixture
def mended(
    azure: LocalAzure, contoso: Registry, bot: Installation, settings: Mapping[str, str]
) -> Iterator[str]:
    """An incident that the bot has mended; its change is in force."""
    with applied(settings):
        contoso.push("team/app", "v1")
        contoso.lock("team/app", tag="v1")
        azure.take_events()
        assert not azure.push(contoso, "team/app", "v1", b"new").succeeded
        bot.stream()
        bot.work()
        [incident] = bot.app.incidents.of("contoso")
        yield incident.id


def get(bot: Installation, path: str = "", **headers: str) -> HttpAnswer:
    return bot.host.answer("GET", f"/api/incidents{path}", b"", headers)


def test_a_card_leads_to_the_incident_and_the_page_tells_what_was_done_and_how_to_undo_it(
    azure: LocalAzure, bot: Installation, mended: str
) -> None:
    [card] = azure.teams_cards
    address = f"https://push-medic.azurewebsites.net/api/incidents/{mended}"
    assert {"type": "Action.OpenUrl", "title": "Details", "url": address} in card["actions"]

    everything = get(bot, **SIGNED_IN)
    assert everything.status == 200
    html = everything.body.decode()
    assert "Nothing needs you" in html
    assert "unlock tag team/app:v1" in html
    assert f"<code>medic undo {mended}</code>" in html
    assert f"/api/incidents/{mended}" in Forms(html).links

    story = get(bot, f"/{mended}", **SIGNED_IN)
    assert story.status == 200
    assert "A push was refused in contoso" in story.body.decode()
    assert "Outcome: mended and verified" in story.body.decode()
    assert "People were told by teams" in story.body.decode()
    for page in (everything, story):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert not Forms(page.body.decode()).tags & {"script", "form"}


def test_once_it_is_undone_nothing_is_in_force(bot: Installation, mended: str) -> None:
    assert medic.main(["undo", mended]) == 0
    bot.work()
    html = get(bot, **SIGNED_IN).body.decode()
    assert "undone, as it was before" in html
    assert "medic undo" not in html
    assert "Outcome: undone, as it was before" in get(bot, f"/{mended}", **SIGNED_IN).body.decode()


def test_nobody_sees_anything_who_is_not_signed_in_and_looking_changes_nothing(
    azure: LocalAzure, bot: Installation, mended: str
) -> None:
    writes, journal = len(azure.writes()), bot.journal(mended)
    for path in ("", f"/{mended}", "/nothing"):
        assert get(bot, path).status == 401
        assert b"team/app" not in get(bot, path).body
        assert get(bot, path, **SIGNED_IN).status in (200, 404)
        for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
            assert bot.host.answer(method, f"/api/incidents{path}", b"", SIGNED_IN).status == 404
    bot.work()
    assert (len(azure.writes()), bot.journal(mended)) == (writes, journal)


UNPROTECTED = {
    "not wanted": PAGE | {"PUSH_MEDIC_INCIDENTS_PAGE": ""},
    "off": PAGE | {"PUSH_MEDIC_INCIDENTS_PAGE": "off"},
    "authentication off": PAGE | {"WEBSITE_AUTH_ENABLED": "False"},
    "authentication unknown": PAGE | {"WEBSITE_AUTH_ENABLED": ""},
}


@pytest.mark.parametrize("settings", UNPROTECTED.values(), ids=UNPROTECTED.keys())
def test_without_app_service_authentication_there_is_no_page_and_the_command_line_remains(
    azure: LocalAzure, bot: Installation, mended: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "actions" not in azure.teams_cards[0]
    for path in ("", f"/{mended}"):
        answer = get(bot, path, **SIGNED_IN)
        assert (answer.status, answer.body) == (404, b"")
    assert medic.main(["status"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Nothing needs you, as of ")
    assert f"medic undo {mended}" in " ".join(shown.split())


def test_the_command_line_says_the_same_to_a_program(mended: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert medic.main(["status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["needs"] == []
    [action] = said["actions"]
    assert (action["what"], action["undo"]) == ("unlock tag team/app:v1", f"medic undo {mended}")
    [repair] = said["repairs"]
    assert (repair["cause"], repair["alone"], repair["ended"]) == ("locked", 1, 1)
    assert [channel["name"] for channel in said["channels"]] == ["teams", "email", "azure_devops"]
