"""A person is asked before a lock is lifted: on the page, on the command line, too late, twice, and by a scanner."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest

import medic
from checks.incident import Incident, State
from remediations.approvals import Approval
from remediations.approvals import State as Stands
from remediations.model import Answered, Decided, Escalate, Reason
from remediations.ports import Respond
from tests.host.worker import HttpAnswer
from tests.installation import Installation, applied
from tests.local_azure import LocalAzure, Registry
from tests.remediations.test_approval_page import BOB, FORM, Forms, signed_in
from tests.worlds import ANN

PAGE = {
    "PUSH_MEDIC_APPROVAL_PAGE": "on",
    "PUSH_MEDIC_FORM_KEY": f"{'new' * 12},{'old' * 12}",
    "WEBSITE_AUTH_ENABLED": "True",
    "WEBSITE_HOSTNAME": "push-medic.azurewebsites.net",
}
BROWSER = {"sec-fetch-site": "same-origin", "content-type": FORM}


@pytest.fixture
def settings() -> Mapping[str, str]:
    """The settings of the page, as they are where it is served."""
    return PAGE


@pytest.fixture
def asked(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path, settings: Mapping[str, str]
) -> Iterator[Approval]:
    """What the bot asks when a push was refused at a lock that it may lift if a person agrees."""
    policy.write_text(policy.read_text().replace("    lasts:", "    approval: true\n    lasts:"))
    with applied(settings):
        contoso.push("team/app", "v1")
        contoso.lock("team/app", tag="v1")
        azure.take_events()
        assert not azure.push(contoso, "team/app", "v1", b"new").succeeded
        bot.stream()
        bot.work()
        assert incident(bot).state is State.WAITING
        assert azure.writes() == []
        yield question(bot)


def incident(bot: Installation) -> Incident:
    [found] = bot.app.incidents.of("contoso")
    return found


def question(bot: Installation) -> Approval:
    approval = bot.app.approvals.of(incident(bot).id)
    assert approval
    return approval


def get(bot: Installation, approval: Approval, **headers: str) -> HttpAnswer:
    return bot.host.answer("GET", f"/api/approvals/{approval.id}", b"", headers)


def post(bot: Installation, approval: Approval, principal: str, **fields: str) -> HttpAnswer:
    headers = BROWSER | ({"x-ms-client-principal": principal} if principal else {})
    return bot.host.answer("POST", f"/api/approvals/{approval.id}", urlencode(fields).encode(), headers)


def token(bot: Installation, approval: Approval, principal: str) -> str:
    page = get(bot, approval, **{"x-ms-client-principal": principal})
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script" not in page.body.decode()
    return Forms(page.body.decode()).fields["token"]


def test_people_are_asked_one_agrees_on_the_page_and_the_push_has_the_last_word(
    azure: LocalAzure, contoso: Registry, bot: Installation, asked: Approval
) -> None:
    [card] = azure.teams_cards
    address = f"https://push-medic.azurewebsites.net/api/approvals/{asked.id}"
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Decide", "url": address}]
    assert f"medic approve {asked.id}" in str(card)
    [mail] = azure.mails
    assert address in str(mail)

    form = token(bot, asked, signed_in())
    page = post(bot, asked, signed_in(), token=form, answer="approve", why="a hotfix")
    assert page.status == 200
    assert "Approved by ann@contoso.com" in page.body.decode()
    bot.work()
    assert contoso.attributes("team/app", "v1").write_enabled
    assert incident(bot).state is State.MENDED
    assert f"by {ANN} at" in spoken(azure.teams_cards[-1])
    assert "a hotfix" in spoken(azure.teams_cards[-1])

    again = post(bot, asked, signed_in(), token=form, answer="reject", why="no")
    assert again.status == 409
    assert "Approved, and done by ann@contoso.com" in again.body.decode()
    other = post(bot, asked, signed_in(BOB), token=token_of_nobody(bot, asked), answer="reject", why="no")
    assert other.status == 403
    bot.work()

    assert azure.push(contoso, "team/app", "v1", b"new").succeeded
    bot.events()
    bot.work()
    assert [call.json for call in azure.writes()] == [{"writeEnabled": True}, {"writeEnabled": False}]
    assert incident(bot).state is State.CLOSED
    assert bot.app.journal.broken_at(incident(bot).id) is None
    [answered] = [
        record.entry for record in bot.journal(asked.incident) if isinstance(record.entry, Answered)
    ]
    assert (answered.answer, answered.by, answered.via) == ("approved", str(ANN), "page")


def spoken(card: object) -> str:
    """The card's text without what Markdown needs."""
    return str(card).replace("\\", "")


def token_of_nobody(bot: Installation, asked: Approval) -> str:
    page = get(bot, asked, **{"x-ms-client-principal": signed_in(BOB)})
    return Forms(page.body.decode()).fields.get("token", "")


def test_a_plan_that_has_changed_since_is_refused_and_asked_about_anew(
    azure: LocalAzure, contoso: Registry, bot: Installation, asked: Approval
) -> None:
    form = token(bot, asked, signed_in())
    contoso.lock("team/app", tag="v1", write=True)
    contoso.lock("team/app")
    assert post(bot, asked, signed_in(), token=form, answer="approve").status == 200
    bot.work()
    assert azure.writes() == []
    again = question(bot)
    assert str(again.change) == "unlock repository team/app"
    assert (again.state, len(azure.teams_cards)) == (Stands.PENDING, 2)
    assert post(bot, asked, signed_in(), token=form, answer="approve").status == 410
    assert post(bot, again, signed_in(), token=form, answer="approve").status == 403
    assert post(bot, again, signed_in(), token=token(bot, again, signed_in()), answer="approve").status == 200
    bot.work()
    assert contoso.attributes("team/app").write_enabled
    assert len(azure.writes()) == 1


def test_what_a_person_rejects_stays_locked_and_goes_to_people(
    azure: LocalAzure, bot: Installation, asked: Approval
) -> None:
    form = token(bot, asked, signed_in())
    assert post(bot, asked, signed_in(), token=form, answer="reject").status == 400
    assert post(bot, asked, signed_in(), token=form, answer="reject", why="a release").status == 200
    bot.work()
    assert azure.writes() == []
    assert incident(bot).state is State.WITH_PEOPLE
    assert last_reason(bot) is Reason.REJECTED
    assert "a release" in spoken(azure.teams_cards[-1])
    assert len(azure.work_items) == 1


def test_what_nobody_answers_goes_to_people_and_cannot_be_approved_any_more(
    azure: LocalAzure, bot: Installation, asked: Approval
) -> None:
    form = token(bot, asked, signed_in())
    bot.app.approvals.end(asked.incident)
    assert post(bot, asked, signed_in(), token=form, answer="approve").status == 410
    bot.app.queue.send(Respond(asked.incident))
    bot.work()
    assert azure.writes() == []
    assert incident(bot).state is State.WITH_PEOPLE
    assert last_reason(bot) is Reason.APPROVAL_EXPIRED


def last_reason(bot: Installation) -> Reason:
    last = [r.entry for r in bot.journal(incident(bot).id) if isinstance(r.entry, Decided)][-1]
    assert isinstance(last.decision, Escalate)
    return last.decision.reason


def test_a_push_that_succeeds_while_people_think_ends_the_question(
    azure: LocalAzure, contoso: Registry, bot: Installation, asked: Approval
) -> None:
    form = token(bot, asked, signed_in())
    contoso.lock("team/app", tag="v1", write=True)
    assert azure.push(contoso, "team/app", "v1", b"new").succeeded
    bot.events()
    bot.work()
    assert incident(bot).state is State.CLOSED
    assert post(bot, asked, signed_in(), token=form, answer="approve").status == 410
    bot.work()
    assert azure.writes() == []


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_a_scanner_that_opens_the_link_and_posts_every_form_changes_nothing(
    azure: LocalAzure, bot: Installation, asked: Approval, answer: str
) -> None:
    of_ann = token(bot, asked, signed_in())
    for principal in ("", "forged", signed_in(BOB, "Reader"), signed_in(BOB)):
        headers = {"x-ms-client-principal": principal} if principal else {}
        found = Forms(get(bot, asked, **headers).body.decode())
        for link in found.links:
            bot.host.answer("GET", link, b"", headers)
        for form in (of_ann, *(["x"] if principal else [found.fields.get("token", "")])):
            assert post(bot, asked, principal, token=form, answer=answer, why="x").status in (401, 403)
    elsewhere = {"x-ms-client-principal": signed_in(), "content-type": FORM, "sec-fetch-site": "cross-site"}
    body = urlencode({"token": of_ann, "answer": answer, "why": "x"}).encode()
    assert bot.host.answer("POST", f"/api/approvals/{asked.id}", body, elsewhere).status == 403
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        assert bot.host.answer(method, f"/api/approvals/{asked.id}", body, elsewhere).status == 404
    bot.work()
    assert question(bot) == asked
    assert azure.writes() == []
    assert incident(bot).state is State.WAITING


UNPROTECTED = {
    "not wanted": PAGE | {"PUSH_MEDIC_APPROVAL_PAGE": ""},
    "off": PAGE | {"PUSH_MEDIC_APPROVAL_PAGE": "off"},
    "authentication off": PAGE | {"WEBSITE_AUTH_ENABLED": "False"},
    "authentication unknown": PAGE | {"WEBSITE_AUTH_ENABLED": ""},
}


@pytest.mark.parametrize("settings", UNPROTECTED.values(), ids=UNPROTECTED.keys())
def test_without_app_service_authentication_there_is_no_page_and_the_command_line_remains(
    azure: LocalAzure,
    contoso: Registry,
    bot: Installation,
    asked: Approval,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "actions" not in azure.teams_cards[0]
    for answer in (
        get(bot, asked, **{"x-ms-client-principal": signed_in()}),
        post(bot, asked, signed_in(), token="x", answer="approve"),
    ):
        assert (answer.status, answer.body) == (404, b"")
    assert medic.main(["approve", asked.id, "--why", "seen to"]) == 0
    assert medic.main(["reject", asked.id, "--why", "too late"]) == 1
    said = capsys.readouterr()
    assert said.out == f"Approved: unlock tag team/app:v1. See: medic show {asked.incident}\n"
    assert said.err.startswith("medic: it is approved already by ")
    assert said.err.endswith(": seen to\n")
    bot.work()
    assert contoso.attributes("team/app", "v1").write_enabled
    [answered] = [
        record.entry for record in bot.journal(asked.incident) if isinstance(record.entry, Answered)
    ]
    assert (answered.via, answered.why) == ("command line", "seen to")


def test_the_command_line_rejects_with_a_reason_and_only_what_is_asked(
    azure: LocalAzure, bot: Installation, asked: Approval, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["reject", asked.id, "--why", "  "]) == 2
    assert medic.main(["reject", "contoso-aaaaaaaaaaaa-1-00000000", "--why", "x"]) == 1
    assert medic.main(["approve", "no such thing"]) == 1
    assert medic.main(["reject", asked.id, "--why", "a release"]) == 0
    assert "asks nothing by the name" in capsys.readouterr().err
    bot.work()
    assert last_reason(bot) is Reason.REJECTED
    assert azure.writes() == []
