"""The channels and the ticket desk of the local Azure, met by the real mail client and by plain HTTP."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from tests.local_azure import LocalAzure, silence
from tests.local_azure.sockets import Listener

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running


def call(
    azure: LocalAzure, method: str, url: str, body: object = None, **headers: str
) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib3.PoolManager(ca_certs=azure.ca_certificate, retries=False) as pool:
        text = None if body is None else json.dumps(body)
        return pool.request(method, url, body=text, headers={"Content-Type": "application/json"} | named)


def card(text: str) -> dict[str, Any]:
    content = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": text}]}
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}


def test_a_card_is_taken_with_202_and_no_word_more(azure: LocalAzure) -> None:
    answer = call(azure, "POST", azure.teams_url, card("repaired"))
    assert (answer.status, answer.data) == (202, b"")
    assert [shown["body"][0]["text"] for shown in azure.teams_cards] == ["repaired"]


def test_an_oversize_card_is_taken_all_the_same_and_never_seen(azure: LocalAzure) -> None:
    assert call(azure, "POST", azure.teams_url, card("x" * 28_672)).status == 202
    assert [post.oversize for post in azure.teams_posts] == [True]
    assert azure.teams_cards == []


def test_a_wrong_signature_and_a_wrong_body_are_refused(azure: LocalAzure) -> None:
    assert call(azure, "POST", azure.teams_url.replace("SECRET", "guess"), card("x")).status == 401
    assert call(azure, "POST", azure.teams_url, {"text": "a message card"}).status == 400
    azure.teams_status = 410
    assert call(azure, "POST", azure.teams_url, card("x")).status == 410
    assert azure.teams_posts == []


def mail(message_id: str, subject: str = "repaired") -> dict[str, Any]:
    return {
        "senderAddress": "push-medic@example.com",
        "recipients": {"to": [{"address": "ops@example.com"}]},
        "content": {"subject": subject, "plainText": "text"},
        "headers": {"Message-ID": message_id, "x-ms-acsemail-validate-message-id": "true"},
    }


def mailer(azure: LocalAzure, credential: Any) -> EmailClient:  # noqa: ANN401 - either kind
    return EmailClient(azure.acs_url, credential, connection_verify=azure.ca_certificate, retry_total=0)


def test_a_mail_signed_with_the_key_is_sent_and_its_operation_succeeds(azure: LocalAzure) -> None:
    with mailer(azure, AzureKeyCredential(azure.acs_key)) as client:
        done = client.begin_send(mail("<1@example.com>")).result()
    assert done["status"] == "Succeeded"
    assert [sent.message["content"]["subject"] for sent in azure.mails] == ["repaired"]


def test_a_mail_of_a_managed_identity_is_sent_too(azure: LocalAzure) -> None:
    with mailer(azure, azure.credential("medic")) as client:
        client.begin_send(mail("<1@example.com>")).result()
    assert {made.identity for made in azure.requests} == {"medic"}


def test_a_mail_signed_with_another_key_is_refused(azure: LocalAzure) -> None:
    wrong = AzureKeyCredential(base64.b64encode(b"another key").decode())
    with mailer(azure, wrong) as client, pytest.raises(ClientAuthenticationError):
        client.begin_send(mail("<1@example.com>"))


def test_the_same_operation_is_one_mail_and_the_same_message_id_is_refused(azure: LocalAzure) -> None:
    operation = str(uuid4())
    with mailer(azure, AzureKeyCredential(azure.acs_key)) as client:
        for _ in range(2):
            client.begin_send(mail("<1@example.com>"), operation_id=operation).result()
        with pytest.raises(HttpResponseError, match="Message-ID") as refused:
            client.begin_send(mail("<1@example.com>"))
    assert refused.value.status_code == 400
    assert [sent.operation_id for sent in azure.mails] == [operation]


def ticket(azure: LocalAzure, title: str, tags: str, **headers: str) -> urllib3.BaseHTTPResponse:
    patch = [
        {"op": "add", "path": "/fields/System.Title", "value": title},
        {"op": "add", "path": "/fields/System.Tags", "value": tags},
    ]
    headers = {"Authorization": f"Bearer {azure.token('medic', DEVOPS)}", "Content_Type": _PATCH} | headers
    url = f"{azure.devops_url}/ops/_apis/wit/workitems/$Issue?api-version=7.1"
    return call(azure, "POST", url, patch, **headers)


_PATCH = "application/json-patch+json"


def test_a_work_item_is_made_found_by_its_tag_commented_on_and_closed(azure: LocalAzure) -> None:
    made = ticket(azure, "storage is full", "push-medic; key-1a2b").json()
    assert made["fields"]["System.Title"] == "storage is full"
    assert made["_links"]["html"]["href"].endswith(f"/ops/_workitems/edit/{made['id']}")
    ticket(azure, "another", "push-medic; key-ffff")
    query = (
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject]=@project "
        "AND [System.Tags] CONTAINS 'key-1a2b' AND [System.State] <> 'Closed'"
    )
    bearer = f"Bearer {azure.token('medic', DEVOPS)}"

    def found() -> list[int]:
        url = f"{azure.devops_url}/ops/_apis/wit/wiql?api-version=7.1"
        answer = call(azure, "POST", url, {"query": query}, Authorization=bearer)
        return [one["id"] for one in answer.json()["workItems"]]

    assert found() == [made["id"]]
    url = f"{azure.devops_url}/ops/_apis/wit/workitems/{made['id']}?api-version=7.1"
    close = [
        {"op": "test", "path": "/rev", "value": 1},
        {"op": "add", "path": "/fields/System.History", "value": "solved"},
        {"op": "add", "path": "/fields/System.State", "value": "Closed"},
    ]
    assert call(azure, "PATCH", url, close, Authorization=bearer, Content_Type=_PATCH).json()["rev"] == 2
    assert call(azure, "PATCH", url, close, Authorization=bearer, Content_Type=_PATCH).status == 412
    assert found() == []
    assert azure.work_items[0].comments == ["solved"]
    assert call(azure, "GET", url, Authorization=bearer).json()["fields"]["System.State"] == "Closed"


def test_the_ticket_desk_takes_a_personal_token_and_no_stranger(azure: LocalAzure) -> None:
    basic = base64.b64encode(f":{azure.devops_pat}".encode()).decode()
    assert ticket(azure, "x", "y", Authorization=f"Basic {basic}").status == 200
    assert ticket(azure, "x", "y", Authorization="Basic OnNvbWVib2R5").status == 401
    assert ticket(azure, "x", "y", Content_Type="application/json").status == 415


def test_nothing_is_left_when_it_stops_even_with_connections_open() -> None:
    before = set(threading.enumerate())
    with LocalAzure() as azure:
        registry = azure.add_registry("contoso")
        pool = urllib3.PoolManager(ca_certs=azure.ca_certificate, retries=False)
        assert pool.request("GET", registry.endpoint + "/v2/").status == 401
    assert set(threading.enumerate()) <= before
    pool.clear()


def test_a_failure_of_the_local_azure_itself_is_not_swallowed() -> None:
    def broken(_: object) -> str:
        message = "no such place"
        raise LookupError(message)

    azure = LocalAzure()
    azure.address_of = broken
    azure.__enter__()
    assert call(azure, "GET", azure.arm_url + "/subscriptions").status == 500
    with pytest.raises(BaseExceptionGroup, match="itself failed"):
        azure.__exit__(None, None, None)


def test_it_never_listens_anywhere_but_on_loopback() -> None:
    with LocalAzure() as azure:
        assert isinstance(azure._listener, Listener)
        with pytest.raises(ValueError, match="not a loopback address"):
            azure._listener.listen("0.0.0.0", 0, secure=False)


def test_a_silent_address_lets_clients_wait_until_they_give_up() -> None:
    with (
        silence() as place,
        urllib3.PoolManager(retries=False, timeout=0.3) as pool,
        pytest.raises(urllib3.exceptions.ConnectTimeoutError),
    ):
        pool.request("GET", f"https://{place}/v2/")


def test_many_clients_at_once_lose_nothing(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")

    def push(number: int) -> bool:
        return azure.push(registry, f"team/app{number % 3}", f"v{number}", bytes([number])).succeeded

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(push, range(24)))
    assert sum(len(home.tags) for home in registry.repositories.values()) == 24
    assert len(azure.take_events()) == 24
    assert [row["resultDescription"] for row in azure.diagnostic_records].count("201") == 24


def test_latency_is_added_to_every_call(azure: LocalAzure) -> None:
    azure.latency = 0.05
    started = time.monotonic()
    call(azure, "GET", azure.arm_url + "/metadata/endpoints")
    assert time.monotonic() - started >= 0.05


def test_every_call_is_kept_with_who_made_it_and_a_fresh_world_forgets_it(azure: LocalAzure) -> None:
    registry = azure.add_registry("contoso")
    azure.push(registry, "team/app", "v1", user_agent="docker/28")
    last = azure.requests[-1]
    assert (last.method, last.path, last.status) == ("PUT", "/v2/team/app/manifests/v1", 201)
    assert (last.identity, last.action) == (
        "ci-pipeline",
        "Microsoft.ContainerRegistry/registries/push/write",
    )
    assert (last.host, last.user_agent, last.address) == (registry.login_server, "docker/28", "52.138.231.5")
    azure.reset()
    assert (azure.requests, azure.registries, azure.diagnostic_records) == ([], {}, [])
    assert azure.add_registry("contoso").login_server == registry.login_server
