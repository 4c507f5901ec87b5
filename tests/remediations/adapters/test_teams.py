"""The Teams channel against a workflow on loopback."""

import logging
import socket
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from remediations.adapters.teams import Teams
from remediations.cards import card
from remediations.model import Kind
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure
from tests.local_azure import Fault, LocalAzure, answer_late, cut_after, cut_within, html, retry_after, status
from tests.local_azure.faults import Effect
from tests.remediations.notices import MENDED, NEEDS_YOU

ID = "59803838-8697-5ae5-9f76-9ad62750857f"


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


def teams(azure: LocalAzure) -> Teams:
    return Teams(azure.teams_url, ca_bundle=azure.ca_certificate)


def test_a_notice_becomes_one_card_in_the_channel(azure: LocalAzure) -> None:
    assert teams(azure).send(ID, NEEDS_YOU) == Accepted()
    assert azure.teams_cards == [card(NEEDS_YOU)["attachments"][0]["content"]]


def test_the_card_leads_to_the_page_of_its_incident(azure: LocalAzure) -> None:
    Teams(azure.teams_url, details_url="https://bot.example/i/", ca_bundle=azure.ca_certificate).send(
        ID, MENDED
    )
    assert azure.teams_cards[0]["actions"][0]["url"] == f"https://bot.example/i/{MENDED.incident}"


@pytest.mark.parametrize("kind", [Kind.DIGEST, Kind.HEARTBEAT])
def test_the_card_about_many_incidents_leads_to_the_page_of_all(azure: LocalAzure, kind: Kind) -> None:
    Teams(azure.teams_url, details_url="https://bot.example/i/", ca_bundle=azure.ca_certificate).send(
        ID, replace(MENDED, kind=kind)
    )
    assert azure.teams_cards[0]["actions"][0]["url"] == "https://bot.example/i"


def test_the_longest_notice_is_still_shown(azure: LocalAzure) -> None:
    assert teams(azure).send(ID, replace(NEEDS_YOU, quoted="日本語\n" * 50_000)) == Accepted()
    assert len(azure.teams_cards) == 1


@pytest.mark.parametrize(
    ("effect", "delivery"),
    [
        (status(200), Accepted()),
        (retry_after(90), Later(90, "it answered 429 (Too Many Requests)")),
        (retry_after(90, 503), Later(90, "it answered 503 (Service Unavailable)")),
        (html(502), Later(60, "it answered 502 (Bad Gateway)")),
        (status(408), Later(60, "it answered 408 (Request Timeout)")),
        (status(400), Dead("it answered 400 (Bad Request)")),
        (status(401), Dead("it answered 401 (Unauthorized)")),
        (status(403), Dead("it answered 403 (Forbidden)")),
        (status(404), Dead("it answered 404 (Not Found)")),
        (status(410), Dead("it answered 410 (Gone)")),
        (status(302, headers={"Location": "https://elsewhere.example/"}), Dead("it answered 302 (Found)")),
        (cut_after(), Unsure("the connection was lost before the answer came")),
    ],
)
def test_an_answer_means_what_it_means_for_the_message(
    azure: LocalAzure, effect: Effect, delivery: Delivery
) -> None:
    fault: Fault = azure.faults.add(effect=effect)
    assert teams(azure).send(ID, MENDED) == delivery
    assert fault.hits == 1


def test_an_answer_that_is_too_late_may_have_been_a_card(azure: LocalAzure) -> None:
    azure.faults.add(effect=answer_late(11))
    assert teams(azure).send(ID, MENDED) == Unsure("no answer came within 10 s")
    assert len(azure.teams_cards) == 1


def test_a_workflow_that_cannot_be_reached_got_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert Teams(f"http://127.0.0.1:{port}/?sig=secret").send(ID, MENDED) == Later(
        60, "it could not be reached (ConnectionError)"
    )


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(azure: LocalAzure) -> None:
    assert Teams(azure.teams_url).send(ID, MENDED) == Later(60, "it could not be reached (SSLError)")
    assert azure.teams_posts == []


@pytest.mark.parametrize(
    "url", ["http://contoso.example/?sig=secret", "ftp://127.0.0.1/", "https://", "not a url", "http://[", ""]
)
def test_nothing_is_sent_where_others_could_read_it(url: str) -> None:
    assert Teams(url).send(ID, MENDED) == Dead("its address is neither https nor on this machine")


@pytest.mark.parametrize("effect", [status(202), status(500), cut_after(), cut_within(), html(404)])
def test_the_secret_of_the_address_is_never_shown(
    azure: LocalAzure, caplog: pytest.LogCaptureFixture, effect: Effect
) -> None:
    caplog.set_level(logging.DEBUG)
    azure.faults.add(effect=effect)
    channel = teams(azure)
    shown = f"{channel.send(ID, MENDED)!r} {channel!r} {caplog.text}"
    assert azure.teams_signature not in shown
    assert "sig=" not in shown


def test_a_wrong_secret_is_a_dead_channel(azure: LocalAzure) -> None:
    url = azure.teams_url.replace(azure.teams_signature, "old")
    assert Teams(url, ca_bundle=azure.ca_certificate).send(ID, MENDED) == Dead(
        "it answered 401 (Unauthorized)"
    )
