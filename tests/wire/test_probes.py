"""Tries from this machine, against a registry on loopback with certificates, proxies and silences of our own."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from checks.adapters.probes import MachineProbes, system_resolver
from checks.evidence import Challenge, Contact, End, Flaw, Handshake, Login, NoAnswer, NotAsked, Unreadable
from checks.model import Registry
from tests.local_azure import LocalAzure, cut_before, delay, html, silence, status
from tests.local_azure import Registry as LocalRegistry
from tests.local_azure.faults import Effect
from tests.loopback import listening, serving

PUSHER = "pusher"
AUDIENCE = "https://containerregistry.azure.net"
EVERYTHING = ("pull", "push", "metadata_write", "metadata_read", "delete")
type Connected = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running


@pytest.fixture
def contoso(azure: LocalAzure) -> LocalRegistry:
    """A registry that is called by a name, which only our resolver knows."""
    return azure.add_registry("contoso", login_server=f"contoso.azurecr.io:{azure.https_port}")


def probes(azure: LocalAzure, address: str = "127.0.0.1", *, patience: float = 5) -> MachineProbes:
    return MachineProbes(
        azure.credential(PUSHER),
        AUDIENCE,
        resolve=lambda _: (address,),
        trust=azure.ca_certificate,
        patience=patience,
    )


def known(registry: LocalRegistry) -> Registry:
    return Registry(resource_id=registry.resource_id, login_server=registry.login_server)


def test_the_way_to_a_healthy_registry_leads_there(azure: LocalAzure, contoso: LocalRegistry) -> None:
    way = probes(azure).way(contoso.login_server)
    assert way.obstacle is None
    assert way.resolution.addresses == ("127.0.0.1",)
    assert way.contact == Contact(contoso.login_server, f"127.0.0.1:{azure.https_port}")
    assert isinstance(way.handshake, Handshake)
    assert way.handshake.certificate is not None
    assert "*.azurecr.io" in probes_names(azure, contoso)
    assert not way.handshake.certificate.public


def probes_names(azure: LocalAzure, registry: LocalRegistry) -> tuple[str, ...]:
    """Every name in the certificate, of which evidence keeps the first few."""
    from checks.adapters import probes as adapter

    with probes(azure)._secure(registry.login_server, adapter._trusting(azure.ca_certificate)) as connection:
        from cryptography import x509

        shown = connection.getpeercert(binary_form=True)
        assert shown
        return adapter._names(x509.load_der_x509_certificate(shown))


def test_a_name_that_nobody_knows_ends_the_way() -> None:
    way = MachineProbes(LocalAzure().credential(), AUDIENCE, resolve=nobody).way("contoso.azurecr.io")
    assert way.obstacle == "DNS: Name or service not known"
    assert (way.contact, way.handshake) == (NotAsked(), NotAsked())


def nobody(_: str) -> tuple[str, ...]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_this_machines_own_resolver_knows_this_machine() -> None:
    assert system_resolver("127.0.0.1") == ("127.0.0.1",)


def test_packets_that_are_dropped_are_a_time_out(azure: LocalAzure) -> None:
    with silence() as place:
        host, _, port = place.partition(":")
        way = probes(azure, host, patience=0.3).way(f"contoso.azurecr.io:{port}")
    assert isinstance(way.contact, Contact)
    assert way.contact.end is End.TIMED_OUT
    assert way.handshake == NotAsked()


def test_an_address_that_is_silent_is_waited_for_once_and_not_at_every_step(
    azure: LocalAzure, contoso: LocalRegistry
) -> None:
    contoso.push("team/app", "v1")
    with silence(port=azure.https_port) as place:
        both = MachineProbes(
            azure.credential(PUSHER),
            AUDIENCE,
            resolve=lambda _: (place.partition(":")[0], "127.0.0.1"),
            trust=azure.ca_certificate,
            patience=0.5,
        )
        began = time.monotonic()
        way = both.way(contoso.login_server)
        assert isinstance(both.login(known(contoso), "team/app"), Login)
        took = time.monotonic() - began
    assert way.contact == Contact(contoso.login_server, f"127.0.0.1:{azure.https_port}")
    assert 0.5 <= took < 2  # eight connections, each of which would wait


def test_a_port_where_nobody_listens_refuses(azure: LocalAzure) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    way = probes(azure).way(f"contoso.azurecr.io:{port}")
    assert isinstance(way.contact, Contact)
    assert (way.contact.end, way.contact.detail) == (End.REFUSED, "Connection refused")


def test_another_authority_is_an_interception_and_its_name_is_told(azure: LocalAzure) -> None:
    with serving(trustme.CA(organization_name="Contoso Proxy"), "contoso.azurecr.io") as place:
        way = probes(azure).way(f"contoso.azurecr.io:{place.partition(':')[2]}")
    assert isinstance(way.handshake, Handshake)
    assert way.handshake.flaw is Flaw.UNTRUSTED
    assert way.handshake.certificate is not None
    assert "Contoso Proxy" in way.handshake.certificate.issuer


@pytest.mark.parametrize(
    ("name", "ago", "flaw"),
    [("proxy.corp", None, Flaw.OTHER_NAME), ("contoso.azurecr.io", timedelta(days=1), Flaw.OUT_OF_DATE)],
)
def test_a_wrong_name_and_a_wrong_time_are_told_apart(
    azure: LocalAzure, tmp_path: Path, name: str, ago: timedelta | None, flaw: Flaw
) -> None:
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    until = datetime.now(UTC) - ago if ago else None
    with serving(authority, name, until=until) as place:
        host = f"contoso.azurecr.io:{place.partition(':')[2]}"
        way = MachineProbes(
            azure.credential(), AUDIENCE, resolve=lambda _: ("127.0.0.1",), trust=str(file)
        ).way(host)
    assert isinstance(way.handshake, Handshake)
    assert way.handshake.flaw is flaw
    assert way.handshake.certificate is not None
    assert way.handshake.certificate.names == (name,)


def test_a_connection_that_is_reset_in_the_handshake_is_broken_off(azure: LocalAzure) -> None:
    with listening(lambda connection: connection.close()) as place:
        way = probes(azure).way(f"contoso.azurecr.io:{place.partition(':')[2]}")
    assert isinstance(way.handshake, Handshake)
    assert way.handshake.flaw is Flaw.BROKEN


def test_what_speaks_no_tls_is_broken_off(azure: LocalAzure) -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as place:
        way = probes(azure).way(f"contoso.azurecr.io:{place.partition(':')[2]}")
    assert isinstance(way.handshake, Handshake)
    assert (way.handshake.flaw, way.handshake.detail) in {
        (Flaw.BROKEN, "wrong version number"),
        (Flaw.BROKEN, "record layer failure"),
        (Flaw.BROKEN, "packet length too long"),
    }


def test_a_proxy_that_refuses_says_so_and_its_password_is_in_no_word_of_it(
    azure: LocalAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: socket.socket) -> None:
        asked.append(connection.recv(4096))
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    asked: list[bytes] = []
    with listening(refuse) as place:
        monkeypatch.setenv("https_proxy", f"http://me:s3cret@{place}")
        way = probes(azure).way("contoso.azurecr.io")
    assert isinstance(way.contact, Contact)
    assert way.contact.end is End.PROXY
    assert way.contact.proxy == place
    assert way.contact.detail == "it answered 407 Proxy Authentication Required"
    assert asked[0].startswith(b"CONNECT contoso.azurecr.io:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " in asked[0]
    assert "s3cret" not in repr(way)


def test_a_proxy_that_connects_is_gone_through(
    azure: LocalAzure, contoso: LocalRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(lambda connection: _tunnel(connection, azure.https_port)) as place:
        monkeypatch.setenv("https_proxy", f"http://{place}")
        answer = probes(azure).challenge(known(contoso))
    assert isinstance(answer, Challenge)
    assert (answer.status, answer.at_home) == (401, True)


def _tunnel(client: socket.socket, port: int) -> None:
    client.recv(4096)
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), 2) as there:
        back = threading.Thread(target=_copy, args=(there, client))
        back.start()
        _copy(client, there)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)


def test_a_host_that_needs_no_proxy_is_called_without(
    azure: LocalAzure, contoso: LocalRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", ".azurecr.io")
    assert probes(azure).way(contoso.login_server).obstacle is None


def test_a_stranger_is_challenged(azure: LocalAzure, contoso: LocalRegistry) -> None:
    assert probes(azure).challenge(known(contoso)) == Challenge(
        401,
        by_registry=True,
        scheme="bearer",
        realm=f"https://{contoso.login_server}/oauth2/token",
        at_home=True,
    )


@pytest.mark.parametrize("nested", [False, True])
def test_a_refusal_by_the_firewall_names_the_address(
    azure: LocalAzure, contoso: LocalRegistry, *, nested: bool
) -> None:
    contoso.default_action = "Deny"
    azure.firewall_body_nested = nested
    answer = probes(azure).challenge(known(contoso))
    assert isinstance(answer, Challenge)
    assert (answer.status, answer.by_registry, answer.denied) == (403, True, "52.138.231.5")


def test_a_page_of_somebody_else_is_not_by_a_registry(azure: LocalAzure, contoso: LocalRegistry) -> None:
    azure.faults.add(path="^/v2/$", effect=html(403))
    answer = probes(azure).challenge(known(contoso))
    assert answer == Challenge(403, by_registry=False)


@pytest.mark.parametrize(
    "realm",
    [
        "https://evil.example/oauth2/token",
        "https://contoso.azurecr.io.evil.example/oauth2/token",
        "https://contoso.azurecr.io@evil.example/",
        "http://contoso.azurecr.io/oauth2/token",
        "https://contoso.azurecr.io:99999/",
        "",
    ],
)
def test_a_realm_elsewhere_is_not_at_home(azure: LocalAzure, contoso: LocalRegistry, realm: str) -> None:
    headers = {"WWW-Authenticate": f'Bearer realm="{realm}",service="contoso"'}
    azure.faults.add(path="^/v2/$", effect=status(401, b"{}", headers))
    answer = probes(azure).challenge(known(contoso))
    assert isinstance(answer, Challenge)
    assert (answer.scheme, answer.realm, answer.at_home) == ("bearer", realm, False)


@pytest.mark.parametrize("effect", [delay(3), cut_before()])
def test_a_login_server_that_does_not_answer_is_no_answer(
    azure: LocalAzure, contoso: LocalRegistry, effect: Effect
) -> None:
    azure.faults.add(path="^/v2/$", effect=effect)
    answer = probes(azure, patience=0.5).challenge(known(contoso))
    assert isinstance(answer, NoAnswer)
    assert answer.why.startswith("no answer to GET /v2/ (")


@pytest.mark.parametrize(
    ("challenge", "scheme", "realm"),
    [
        ('Bearer realm="https://x/token",service=', "bearer", "https://x/token"),
        ("Bearer nonsense,realm=https://x/token", "bearer", "https://x/token"),
        ("Bearer =,,", "bearer", ""),
        ("Bearer", "bearer", ""),
        ("Negotiate", "negotiate", ""),
    ],
)
def test_a_challenge_that_is_not_well_formed_is_read_as_far_as_it_goes(
    azure: LocalAzure, contoso: LocalRegistry, challenge: str, scheme: str, realm: str
) -> None:
    azure.faults.add(path="^/v2/$", effect=status(401, b"{}", {"WWW-Authenticate": challenge}))
    answer = probes(azure).challenge(known(contoso))
    assert isinstance(answer, Challenge)
    assert (answer.scheme, answer.realm, answer.at_home) == (scheme, realm, False)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("^/oauth2/exchange$", b"<html>welcome</html>"),
        ("^/oauth2/exchange$", b'{"refresh_token":""}'),
        ("^/oauth2/token$", b"<html>welcome</html>"),
        ("^/oauth2/token$", b'{"access_token":"opaque"}'),
        ("^/oauth2/token$", b'{"access_token":"a.e30.c"}'),
    ],
)
def test_a_good_status_without_a_token_is_no_login_and_no_refusal(
    azure: LocalAzure, contoso: LocalRegistry, path: str, body: bytes
) -> None:
    azure.faults.add(path=path, effect=status(200, body))
    assert isinstance(probes(azure).login(known(contoso), "team/app"), Unreadable)


def test_a_login_is_given_what_its_identity_may_do(azure: LocalAzure, contoso: LocalRegistry) -> None:
    contoso.push("team/app", "v1")
    assert probes(azure).login(known(contoso), "team/app") == Login(PUSHER, 200, 200, EVERYTHING)
    azure.rights[PUSHER] = {"Microsoft.ContainerRegistry/registries/pull/read"}
    assert probes(azure).login(known(contoso), "team/app") == Login(PUSHER, 200, 200, ("pull",))
    assert probes(azure).login(known(contoso), None) == Login(PUSHER, 200, 200)


def test_in_abac_mode_other_actions_count(azure: LocalAzure, contoso: LocalRegistry) -> None:
    contoso.role_assignment_mode = "AbacRepositoryPermissions"
    azure.rights[PUSHER] = {"Microsoft.ContainerRegistry/registries/push/write"}
    assert probes(azure).login(known(contoso), "team/app") == Login(PUSHER, 200, 200, ())


def test_a_layer_that_is_kept_elsewhere_leads_to_its_host_and_nobody_follows(
    azure: LocalAzure, contoso: LocalRegistry
) -> None:
    contoso.push("team/app", "v1")
    place = {"Location": "https://weumanaged42.blob.core.windows.net/x?sig=SECRET"}
    azure.faults.add(path="/blobs/", effect=status(307, b"", place))
    login = probes(azure).login(known(contoso), "team/app")
    assert isinstance(login, Login)
    assert login.blob_host == "weumanaged42.blob.core.windows.net"
    assert "SECRET" not in repr(login)


def test_a_token_for_resource_manager_is_refused_where_it_is_not_taken(
    azure: LocalAzure, contoso: LocalRegistry
) -> None:
    contoso.arm_tokens_accepted = False
    arm = MachineProbes(
        azure.credential(PUSHER),
        "https://management.azure.com",
        resolve=lambda _: ("127.0.0.1",),
        trust=azure.ca_certificate,
    )
    assert arm.login(known(contoso), None) == Login(PUSHER, 401, detail="UNAUTHORIZED", arm_token=True)


def test_throttling_says_for_how_long(azure: LocalAzure, contoso: LocalRegistry) -> None:
    contoso.throttle(2, retry_after=12)
    assert probes(azure).login(known(contoso), None) == Login(
        PUSHER, 429, detail="TOOMANYREQUESTS", retry_after="12"
    )
    answer = probes(azure).challenge(known(contoso))
    assert isinstance(answer, Challenge)
    assert (answer.status, answer.retry_after) == (429, "12")


def test_without_an_identity_nothing_is_sent(azure: LocalAzure, contoso: LocalRegistry) -> None:
    class Nobody:
        def get_token(self, *_: str, **__: object) -> AccessToken:
            raise ClientAuthenticationError("the secret is 42")

    nameless = MachineProbes(Nobody(), AUDIENCE, resolve=lambda _: ("127.0.0.1",), trust=azure.ca_certificate)
    found = nameless.login(known(contoso), None)
    assert isinstance(found, Unreadable)
    assert "az login" in found.advice
    assert "42" not in found.why
    assert azure.requests == []


def test_tokens_are_in_no_word_of_what_was_found_and_went_to_the_login_server_only(
    azure: LocalAzure, contoso: LocalRegistry
) -> None:
    contoso.push("team/app", "v1")
    login = probes(azure).login(known(contoso), "team/app")
    assert "eyJ" not in repr(login)
    assert {call.host for call in azure.requests} == {contoso.login_server}


def test_a_redirect_of_the_exchange_is_an_answer_and_no_token_follows_it(
    azure: LocalAzure, contoso: LocalRegistry
) -> None:
    elsewhere = {"Location": f"https://127.0.0.1:{azure.https_port}/stolen"}
    azure.faults.add(path="/oauth2/exchange", effect=status(307, b"", elsewhere))
    assert probes(azure).login(known(contoso), None) == Login(PUSHER, 307)
    assert [call.path for call in azure.requests] == ["/oauth2/exchange"]


def test_an_untrusted_certificate_ends_it_before_any_token_is_sent(azure: LocalAzure) -> None:
    with serving(trustme.CA(), "contoso.azurecr.io") as place:
        registry = Registry(resource_id="/x", login_server=f"contoso.azurecr.io:{place.partition(':')[2]}")
        found = probes(azure).login(registry, None)
    assert found == Unreadable("no answer to POST /oauth2/exchange (certificate verify failed)")
