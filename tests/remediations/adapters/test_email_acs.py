"""The email channel against Communication Services on loopback, by the real SDK."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError

from remediations.adapters.email_acs import AcsEmail
from remediations.mails import mail
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure
from tests.local_azure import LocalAzure, cut_after, cut_within, html, retry_after, status
from tests.local_azure.faults import Effect
from tests.remediations.notices import MENDED, NEEDS_YOU

ID = "59803838-8697-5ae5-9f76-9ad62750857f"


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


def email(azure: LocalAzure, **changes: object) -> AcsEmail:
    settings: dict[str, Any] = {
        "endpoint": azure.acs_url,
        "credential": AzureKeyCredential(azure.acs_key),
        "sender": "push-medic@notify.contoso.com",
        "recipients": ("ops@contoso.com", "build@contoso.com"),
        "ca_bundle": azure.ca_certificate,
    }
    return AcsEmail(**settings | changes)


def test_a_notice_becomes_one_mail(azure: LocalAzure) -> None:
    assert email(azure).send(ID, NEEDS_YOU) == Accepted(ID)
    written = mail(NEEDS_YOU, ID, "notify.contoso.com")
    (sent,) = azure.mails
    assert sent.operation_id == ID
    assert sent.message == {
        "senderAddress": "push-medic@notify.contoso.com",
        "recipients": {"to": [{"address": "ops@contoso.com"}, {"address": "build@contoso.com"}]},
        "content": {"subject": written.subject, "plainText": written.text, "html": written.html},
        "headers": {
            "Message-ID": f"<{ID}@notify.contoso.com>",
            "In-Reply-To": written.thread,
            "References": written.thread,
            "Auto-Submitted": "auto-generated",
            "x-ms-acsemail-validate-message-id": "true",
        },
        "userEngagementTrackingDisabled": True,
    }


def test_the_same_message_again_is_the_same_mail(azure: LocalAzure) -> None:
    channel = email(azure)
    assert [channel.send(ID, MENDED), channel.send(ID, MENDED)] == [Accepted(ID), Accepted(ID)]
    assert len(azure.mails) == 1


def test_a_mail_that_the_service_refuses_because_it_has_it_is_accepted(azure: LocalAzure) -> None:
    channel = email(azure)
    channel.send(ID, MENDED)
    azure.faults.add(effect=status(400, '{"error":{"code":"BadRequest","message":"…"}}'), method="POST")
    assert channel.send(ID, MENDED) == Accepted(ID)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_managed_identity_needs_no_key(azure: LocalAzure, scheme: str) -> None:
    endpoint = azure.acs_url if scheme == "https" else f"http://127.0.0.1:{azure.http_port}"
    assert email(azure, endpoint=endpoint, credential=azure.credential()).send(ID, MENDED) == Accepted(ID)
    assert len(azure.mails) == 1


@pytest.mark.parametrize(
    ("effect", "delivery"),
    [
        (retry_after(3600), Later(3600, "it answered 429 (Too Many Requests)")),
        (retry_after(7, 503), Later(7, "it answered 503 (Service Unavailable)")),
        (html(502), Later(60, "it answered 502 (Bad Gateway)")),
        (status(400, '{"error":{"code":"BadRequest","message":"…"}}'), Dead("it answered 400 (Bad Request)")),
        (status(401), Dead("it answered 401 (Unauthorized)")),
        (status(403), Dead("it answered 403 (Forbidden)")),
        (
            status(307, headers={"Location": "https://elsewhere.example/"}),
            Dead("it answered 307 (Temporary Redirect)"),
        ),
        (cut_after(), Unsure("its answer was lost (ServiceResponseError)")),
    ],
)
def test_an_answer_means_what_it_means_for_the_message(
    azure: LocalAzure, effect: Effect, delivery: Delivery
) -> None:
    fault = azure.faults.add(effect=effect, method="POST")
    begun = time.monotonic()
    assert email(azure).send(ID, MENDED) == delivery
    assert time.monotonic() - begun < 5
    assert fault.hits == 1
    assert len([call for call in azure.requests if call.method == "POST"]) == 1


@pytest.mark.parametrize("effect", [cut_after(), cut_within()])
def test_a_lost_answer_is_no_second_mail(azure: LocalAzure, effect: Effect) -> None:
    channel = email(azure)
    azure.faults.add(effect=effect, method="POST")
    assert isinstance(channel.send(ID, MENDED), Unsure)
    assert channel.send(ID, MENDED) == Accepted(ID)
    assert len(azure.mails) == 1


def test_a_service_that_cannot_be_reached_got_nothing(azure: LocalAzure) -> None:
    assert email(azure, endpoint="https://127.0.0.1:1").send(ID, MENDED) == Later(
        60, "it could not be reached"
    )


def test_an_identity_that_gets_no_token_is_for_later(azure: LocalAzure) -> None:
    class NoToken:
        def get_token(self, *_: str, **__: object) -> None:
            raise ClientAuthenticationError("secret")

    assert email(azure, credential=NoToken()).send(ID, MENDED) == Later(
        60, "no token could be had for it (ClientAuthenticationError)"
    )


def test_a_key_that_is_not_ours_is_a_dead_channel(azure: LocalAzure) -> None:
    wrong = AzureKeyCredential("bm90IG91ciBrZXk=")
    assert email(azure, credential=wrong).send(ID, MENDED) == Dead("it answered 401 (Unauthorized)")


def test_nothing_is_sent_where_others_could_read_it(azure: LocalAzure) -> None:
    assert email(azure, endpoint="http://contoso.communication.azure.com").send(ID, MENDED) == Dead(
        "its address is neither https nor on this machine"
    )
