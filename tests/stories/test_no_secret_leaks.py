"""Everything that the bot wrote while many things happened to it, searched for everything that opens anything."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

import medic
from tests.installation import PERMISSIVE, Installation, applied
from tests.local_azure import LocalAzure, Registry, status
from tests.remediations.test_approval_page import BOB, FORM, Forms, signed_in
from tests.stories.test_proven_reports import ISSUERS

CLIENT = "52.138.231.5"
FORM_KEY = "form-key-of-thirty-two-characters-or-more"
PASSWORD = "hunter2-correct-horse"
ANY_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")
HOSTILE = (
    "docker login -u robot -p {password} {server}\n"
    "GET https://robot:{password}@{server}/v2/ Authorization: Bearer {token}\n"
    "registry_password={password} [click](javascript:alert(1)) <script>alert(1)</script>\n"
    "{refused}"
)


@pytest.fixture
def policy(tmp_path: Path, azure: LocalAzure) -> Path:
    file = tmp_path / "policy.yaml"
    asks = PERMISSIVE.replace("    lasts: 2h", "    approval: true\n    lasts: 2h")
    file.write_text(asks + ISSUERS.format(url=azure.issuer_url))
    return file


@pytest.fixture
def paged(bot: Installation) -> Iterator[Installation]:
    page = {
        "PUSH_MEDIC_APPROVAL_PAGE": "on",
        "PUSH_MEDIC_FORM_KEY": FORM_KEY,
        "WEBSITE_AUTH_ENABLED": "True",
        "WEBSITE_HOSTNAME": "push-medic.azurewebsites.net",
        "PUSH_MEDIC_AUDIT_TOPIC": bot.azure.event_grid_url,
    }
    with applied(page):
        yield bot


def happen(azure: LocalAzure, contoso: Registry, bot: Installation, token: str) -> str:
    """A lock that a person lifts on the page, a proven report, a hostile one, and channels that fail; the pages."""
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    azure.take_events()
    azure.push(contoso, "team/app", "v1", b"new")
    bot.stream()
    bot.work()
    pages = answered(bot)
    bot.work()
    azure.push(contoso, "team/app", "v1", b"new")
    bot.events()
    bot.work()
    contoso.default_action = "Deny"
    refused = azure.push(contoso, "team/app", "v1")
    azure.faults.add(effect=status(500), path="/workflows/", times=2)
    server = contoso.login_server
    said = HOSTILE.format(password=PASSWORD, server=server, token=token, refused=refused.text)
    for text, word in ((said, token), (said, "forged." + token), ("not json " + token, "")):
        pages += str(bot.report(CLIENT, token=word, text=text, registry=server))
    azure.faults.add(effect=status(403, f"no, {PASSWORD}"), method="PATCH")
    pages += bot.host.answer("POST", "/api/push-reports", said.encode(), _key()).body.decode()
    bot.host.send("push-medic", json.dumps({"command": "unknown", "token": token, "sig": "SECRET"}))
    bot.work()
    for timer in bot.host.worker.triggered_by("timerTrigger"):
        bot.host.tick(timer)
    bot.work()
    for incident in bot.app.every_incident():
        assert bot.app.audit
        bot.app.audit.publish(incident)
    return pages


def _key() -> dict[str, str]:
    return {"x-functions-key": "a-function-key", "x-forwarded-for": f"{CLIENT}:1"}


def answered(bot: Installation) -> str:
    [incident] = bot.app.incidents.of("contoso")
    approval = bot.app.approvals.of(incident.id)
    assert approval
    path, who = f"/api/approvals/{approval.id}", {"x-ms-client-principal": signed_in(BOB)}
    page = bot.host.answer("GET", path, b"", who)
    token = Forms(page.body.decode()).fields["token"]
    fields = urlencode({"token": token, "answer": "approve", "why": "a release"}).encode()
    browser = who | {"sec-fetch-site": "same-origin", "content-type": FORM}
    return page.body.decode() + bot.host.answer("POST", path, fields, browser).body.decode()


def stored(azurite: str) -> str:
    """Every table row, and every queue message that is still there, with what is hidden of it."""
    kept = ""
    with TableServiceClient.from_connection_string(azurite) as tables:
        for table in tables.list_tables():
            rows = tables.get_table_client(table.name).list_entities()
            kept += "".join(str(dict(row)) for row in rows)
    with QueueServiceClient.from_connection_string(azurite) as queues:
        for queue in queues.list_queues():
            waiting = queues.get_queue_client(queue.name).peek_messages(max_messages=32)
            kept += "".join(str(message.content) for message in waiting)
    return kept


def told_by_the_command_line(bot: Installation) -> str:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        for incident in bot.app.every_incident():
            medic.main(["show", incident])
            medic.main(["show", "--json", incident])
        for command in (["incidents"], ["rejected"], ["audit", "export"], ["audit", "verify"]):
            medic.main(command)
    return out.getvalue()


def test_nothing_that_the_bot_wrote_holds_anything_that_opens_something(
    azure: LocalAzure,
    contoso: Registry,
    paged: Installation,
    azurite: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    token = azure.job_token()
    pages = happen(azure, contoso, paged, token)
    written = {
        "pages and answers": pages,
        "logs": caplog.text,
        "cards": json.dumps([post.body for post in azure.teams_posts]),
        "mails": str(azure.mails),
        "tickets": str(azure.work_items),
        "published records": json.dumps(azure.published_events),
        "rows and messages": stored(azurite),
        "command line": told_by_the_command_line(paged),
    }
    for place, text in written.items():
        assert text, f"nothing was written to {place}"
    secrets = {
        "the job's token": token.rpartition(".")[2],
        "a password that a client printed": PASSWORD,
        "the signature of the workflow's address": "sig=SECRET",
        "the key for mail": azure.acs_key,
        "the token of the ticket desk": azure.devops_pat,
        "the key for forms": FORM_KEY,
        "the key of the function": "a-function-key",
        "the header of the identity endpoint": azure.identity_header,
        "the key of the storage account": azurite.partition("AccountKey=")[2].partition(";")[0],
    }
    found = [
        f"{what} in {place}"
        for place, text in written.items()
        for what, key in secrets.items()
        if key in text
    ]
    assert found == []
    assert [place for place, text in written.items() if ANY_TOKEN.search(text)] == []


def test_no_text_of_a_report_becomes_markup_anywhere(
    azure: LocalAzure, contoso: Registry, paged: Installation
) -> None:
    happen(azure, contoso, paged, azure.job_token())
    mails = "".join(str(mail.message["content"].get("html", "")) for mail in azure.mails)
    tickets = "".join(str(item.fields) + "".join(item.comments) for item in azure.work_items)
    for text in (mails, tickets):
        assert text
        assert "<script" not in text.casefold()
    cards = json.dumps(azure.teams_cards)
    assert "[click](javascript:" not in cards
