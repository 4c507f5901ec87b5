"""Tries from this machine: does the name resolve, does the port answer, whose certificate is it, who gets in."""

import base64
import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit
from urllib.request import getproxies, parse_http_list, proxy_bypass

import certifi
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from cryptography import x509

from checks.adapters.azure_clients import NOT_LOGGED_IN
from checks.adapters.refusals import denied_address
from checks.evidence import (
    Certificate,
    Challenge,
    Contact,
    End,
    Flaw,
    Handshake,
    Login,
    NoAnswer,
    Resolution,
    Unreadable,
    Way,
)
from checks.model import Registry
from checks.roles import ACTIONS

type Resolve = Callable[[str], tuple[str, ...]]

_HTTPS: Final = 443
_LARGEST_ANSWER: Final = 256 * 1024
_ADDRESSES_TRIED: Final = 3
_GOOD: Final = 200
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_OTHER_NAME: Final = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_OUT_OF_DATE: Final = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
)


def system_resolver(host: str) -> tuple[str, ...]:
    """The addresses that this machine's resolver gives. Raises OSError where there is none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class MachineProbes:
    """Tries the way to a registry from here, as its clients would: by the proxy and the authorities of this machine.

    `resolve` gives a host's addresses, `trust` the file of the authorities to trust instead of the machine's.
    Nothing is followed and nothing is sent twice, so no token can be led anywhere else.
    """

    def __init__(
        self,
        credential: TokenCredential,
        audience: str,
        *,
        resolve: Resolve = system_resolver,
        trust: str | None = None,
        patience: float = 7,
    ) -> None:
        self._credential = credential
        self._audience = audience
        self._resolve = resolve
        self._trust_file = trust
        self._patience = patience
        self._answering: dict[str, str] = {}

    # The port.

    def way(self, host: str) -> Way:
        """How far one gets on the way to that host, which may be `host:port`."""
        name, port = _split(host)
        resolution = self._resolution(name)
        proxy = _proxy(name)
        if not resolution.addresses and not proxy:
            return Way(_called(resolution, host))
        contact, connection = self._contact(host, name, port, resolution, proxy)
        if connection is None:
            return Way(_called(resolution, host), contact)
        connection.close()
        return Way(_called(resolution, host), contact, self._handshake(host))

    def challenge(self, registry: Registry) -> Challenge | NoAnswer:
        """How a stranger's `GET /v2/` is answered."""
        answer = self._ask(registry.login_server, "GET", "/v2/")
        if isinstance(answer, Unreadable):
            return NoAnswer(answer.why)
        scheme, _, parameters = answer.headers.get("www-authenticate", "").partition(" ")
        realm = _realm(parameters)
        return Challenge(
            status=answer.status,
            by_registry="docker-distribution-api-version" in answer.headers or _is_registrys(answer.text),
            scheme=scheme.lower(),
            realm=realm if scheme.lower() == "bearer" else "",
            at_home=scheme.lower() == "bearer" and _is_at(realm, registry.login_server),
            denied=denied_address(answer.text),
            retry_after=answer.headers.get("retry-after", ""),
        )

    def login(self, registry: Registry, repository: str | None) -> Login | Unreadable:
        """What this identity is given: a refresh token, and with it an access token with whatever it may do."""
        try:
            token = self._credential.get_token(f"{self._audience}/.default").token
        except (AzureError, ValueError):
            return NOT_LOGGED_IN
        identity = _who(token)
        form = {"grant_type": "access_token", "service": registry.login_server, "access_token": token}
        exchanged = self._ask(registry.login_server, "POST", "/oauth2/exchange", form=form)
        if isinstance(exchanged, Unreadable):
            return exchanged
        refresh = exchanged.field("refresh_token")
        if exchanged.status != _GOOD:
            return _refused(identity, token, exchanged, exchange=exchanged.status)
        if not refresh:
            return Unreadable("what answered POST /oauth2/exchange gave no refresh token, and did not refuse")
        form = {
            "grant_type": "refresh_token",
            "service": registry.login_server,
            "scope": f"repository:{repository}:{','.join(ACTIONS)}" if repository else "registry:catalog:*",
            "refresh_token": refresh,
        }
        given = self._ask(registry.login_server, "POST", "/oauth2/token", form=form)
        if isinstance(given, Unreadable):
            return given
        access = given.field("access_token")
        if given.status != _GOOD:
            return _refused(identity, token, given, exchange=exchanged.status, access=given.status)
        actions = _actions(access, repository) if repository else None
        if not access or (repository and actions is None):
            return Unreadable(
                "what answered POST /oauth2/token gave no access token that says what it permits"
            )
        return Login(
            identity=identity,
            exchange=exchanged.status,
            token=given.status,
            actions=actions,
            blob_host=self._blob_host(registry, repository, access) if repository else None,
            arm_token=_is_for_resource_manager(token),
        )

    # Its parts.

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return _trusting(self._trust_file)

    @cached_property
    def _public_trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certifi.where())

    def _resolution(self, name: str) -> Resolution:
        try:
            return Resolution(name, self._resolve(name))
        except (OSError, UnicodeError) as error:
            return Resolution(name, detail=_said(error))

    def _contact(
        self, host: str, name: str, port: int, resolution: Resolution, proxy: "_Proxy | None"
    ) -> tuple[Contact, socket.socket | None]:
        """The contact, and the connection if there is one."""
        if proxy:
            return self._by_proxy(host, name, port, proxy)
        contact = Contact(host=host, address=f"{resolution.addresses[0]}:{port}", end=End.TIMED_OUT)
        # One that is silent, as IPv6 often is, is waited for once and not at every step.
        known = self._answering.get(host)
        for address in sorted(resolution.addresses[:_ADDRESSES_TRIED], key=lambda one: one != known):
            there = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            try:
                connection = socket.create_connection((address, port), self._patience)
            except OSError as error:
                contact = Contact(host=host, address=there, end=_end(error), detail=_said(error))
            else:
                self._answering[host] = address
                return Contact(host=host, address=there), connection
        return contact, None

    def _by_proxy(
        self, host: str, name: str, port: int, proxy: "_Proxy"
    ) -> tuple[Contact, socket.socket | None]:
        def failed(why: str) -> tuple[Contact, None]:
            return Contact(host, host, proxy.address, End.PROXY, why), None

        try:
            connection = socket.create_connection(_split(proxy.address), self._patience)
        except OSError as error:
            return failed(f"the proxy itself: {_said(error)}")
        shown = f"Proxy-Authorization: Basic {proxy.credentials}\r\n" if proxy.credentials else ""
        try:
            connection.sendall(
                f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n{shown}\r\n".encode()
            )
            status, reason = _head_of(connection)
        except (OSError, ValueError) as error:
            connection.close()
            return failed(_said(error))
        if status != _GOOD:
            connection.close()
            return failed(f"it answered {status} {reason}".rstrip())
        return Contact(host, host, proxy.address), connection

    def _handshake(self, host: str) -> Handshake:
        """The handshake by the machine's own trust, and whether the public list would have trusted it too."""
        try:
            with self._secure(host, self._trust) as connection:
                certificate = _certificate(connection)
        except ssl.SSLCertVerificationError as error:
            return Handshake(host, _flaw(error), error.verify_message or "", self._shown(host))
        except (OSError, ValueError) as error:
            return Handshake(host, Flaw.BROKEN, _said(error))
        if certificate and not self._is_public(host):
            certificate = Certificate(
                certificate.issuer,
                certificate.names,
                certificate.not_before,
                certificate.not_after,
                public=False,
            )
        return Handshake(host, certificate=certificate)

    def _shown(self, host: str) -> Certificate | None:
        """The certificate that was not trusted. Nothing is sent over this connection."""
        curious = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        curious.check_hostname = False
        curious.verify_mode = ssl.CERT_NONE
        try:
            with self._secure(host, curious) as connection:
                return _certificate(connection)
        except (OSError, ValueError):
            return None

    def _is_public(self, host: str) -> bool:
        try:
            with self._secure(host, self._public_trust):
                return True
        except ssl.SSLCertVerificationError:
            return False
        except (OSError, ValueError):
            return True

    def _secure(self, host: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
        """A TLS connection to the host. Raises OSError where there is none."""
        name, port = _split(host)
        resolution, proxy = self._resolution(name), _proxy(name)
        if not resolution.addresses and not proxy:
            raise OSError(resolution.detail or "no address")
        contact, connection = self._contact(host, name, port, resolution, proxy)
        if connection is None:
            raise OSError(f"{contact.end}: {contact.detail}")
        connection.settimeout(self._patience)
        try:
            return trust.wrap_socket(connection, server_hostname=name)
        except BaseException:
            connection.close()
            raise

    def _ask(
        self,
        host: str,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        bearer: str | None = None,
        accept: str = "application/json",
    ) -> "_Answer | Unreadable":
        """One request over a connection of its own, whose certificate was verified. Redirects are only answers."""
        headers = {"Host": host, "Accept": accept, "Connection": "close", "User-Agent": "push-medic"}
        body = None
        if form is not None:
            body = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            with self._secure(host, self._trust) as connection:
                conversation = http.client.HTTPConnection(host)
                conversation.sock = connection
                conversation.request(method, path, body, headers)
                answer = conversation.getresponse()
                text = answer.read(_LARGEST_ANSWER).decode("utf-8", "replace")
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Unreadable(f"no answer to {method} {path} ({_said(error)})")
        return _Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    def _blob_host(self, registry: Registry, repository: str, access: str) -> str | None:
        """Where the registry sends whoever fetches a layer of the repository; None if nobody is sent away."""
        path = f"/v2/{quote(repository)}"
        tags = self._ask(registry.login_server, "GET", f"{path}/tags/list?n=1", bearer=access)
        names = tags.fields("tags") if isinstance(tags, _Answer) else ()
        reference = str(names[0]) if names else ""
        for _ in ("an index", "an image of it"):
            manifest = self._ask(
                registry.login_server,
                "GET",
                f"{path}/manifests/{quote(reference)}",
                bearer=access,
                accept=_MANIFESTS,
            )
            if not reference or isinstance(manifest, Unreadable):
                return None
            layer = manifest.digest_of("config")
            if layer:
                blob = self._ask(
                    registry.login_server, "GET", f"{path}/blobs/{quote(layer, safe=':')}", bearer=access
                )
                return blob.sent_to if isinstance(blob, _Answer) else None
            reference = manifest.digest_of("manifests")
        return None


class _Answer:
    """What came back."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        self.status = status
        self.headers = headers
        self.text = text
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        self._document: Mapping[str, Any] = document if isinstance(document, dict) else {}

    def field(self, name: str) -> str:
        value = self._document.get(name)
        return value if isinstance(value, str) else ""

    def fields(self, name: str) -> tuple[object, ...]:
        value = self._document.get(name)
        return tuple(value) if isinstance(value, list) else ()

    def digest_of(self, name: str) -> str:
        """The digest of that descriptor, or of the first of those descriptors."""
        value = self._document.get(name)
        first = value[0] if isinstance(value, list) and value else value
        digest = first.get("digest") if isinstance(first, dict) else None
        return digest if isinstance(digest, str) else ""

    @property
    def sent_to(self) -> str | None:
        location = urlsplit(self.headers.get("location", ""))
        return location.netloc.lower() or None if self.status in _REDIRECTS else None

    @property
    def code(self) -> str:
        """The error code of the body, which holds no secret; nothing else of a refusal is repeated."""
        errors = self.fields("errors")
        first = errors[0] if errors else None
        code = first.get("code") if isinstance(first, dict) else None
        return code[:60] if isinstance(code, str) and code.isascii() and code.isprintable() else ""


def _refused(
    identity: str, shown: str, answer: _Answer, *, exchange: int, access: int | None = None
) -> Login:
    return Login(
        identity=identity,
        exchange=exchange,
        token=access,
        detail=answer.code,
        retry_after=answer.headers.get("retry-after", ""),
        arm_token=_is_for_resource_manager(shown),
    )


def _called(resolution: Resolution, host: str) -> Resolution:
    """The resolution under the name by which the host was called, with its port."""
    return Resolution(host, resolution.addresses, resolution.detail)


def _split(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    return parts.hostname or "", parts.port or _HTTPS


class _Proxy(NamedTuple):
    """The proxy that this machine's environment names for HTTPS, and what it is shown of who asks."""

    address: str
    credentials: str = ""


def _proxy(name: str) -> _Proxy | None:
    """The proxy by which that host is reached, or None."""
    found = getproxies().get("https")
    if not found or proxy_bypass(name):
        return None
    parts = urlsplit(found if "://" in found else f"//{found}")
    if not parts.hostname:
        return None
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return _Proxy(f"{parts.hostname}:{parts.port or 8080}", base64.b64encode(user.encode()).decode())


def _head_of(connection: socket.socket) -> tuple[int, str]:
    """The status and reason of a proxy's answer, read to the end of its headers and not a byte further."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _LARGEST_ANSWER:
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    line = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(line) < len(("version", "status")) or not line[1].isdecimal():
        raise ValueError("it answered no HTTP")
    return int(line[1]), line[2] if len(line) > len(("version", "status")) else ""


def _end(error: OSError) -> End:
    if isinstance(error, TimeoutError):
        return End.TIMED_OUT
    return End.REFUSED if isinstance(error, ConnectionError) else End.NO_ROUTE


def _flaw(error: ssl.SSLCertVerificationError) -> Flaw:
    if error.verify_code in _OTHER_NAME:
        return Flaw.OTHER_NAME
    return Flaw.OUT_OF_DATE if error.verify_code in _OUT_OF_DATE else Flaw.UNTRUSTED


def _said(error: Exception) -> str:
    """What went wrong, in the words of the operating system or of TLS, which hold no secret."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS failed").replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return str(error.strerror or (error.args[0] if error.args else type(error).__name__))
    return type(error).__name__


def _trusting(file: str | None) -> ssl.SSLContext:
    """The machine's authorities, with those that REQUESTS_CA_BUNDLE names; the public list where it has none."""
    context = ssl.create_default_context(cafile=file)
    known = ssl.get_default_verify_paths()
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    if not file and bundle:
        context.load_verify_locations(cafile=bundle)
    elif not file and not any(path and Path(path).exists() for path in (known.cafile, known.capath)):
        context.load_verify_locations(cafile=certifi.where())
    return context


def _certificate(connection: ssl.SSLSocket) -> Certificate | None:
    shown = connection.getpeercert(binary_form=True)
    if not shown:
        return None
    parsed = x509.load_der_x509_certificate(shown)
    return Certificate(
        issuer=_name(parsed.issuer),
        names=_names(parsed)[:5],
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        public=True,
    )


def _name(issuer: x509.Name) -> str:
    """The organisation and the common name, on one line."""
    wanted = (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME)
    parts = [str(part.value) for oid in wanted for part in issuer.get_attributes_for_oid(oid)]
    return " ".join(" ".join(parts).split())[:120] or "nobody"


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _is_registrys(text: str) -> bool:
    """Whether a body is the JSON in which a registry refuses."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("errors"), list)


def _is_at(realm: str, login_server: str) -> bool:
    """Whether the realm is at the login server itself, over TLS."""
    try:
        parts = urlsplit(realm)
        home = _split(login_server)
        return parts.scheme == "https" and (parts.hostname, parts.port or _HTTPS) == (home[0], home[1])
    except ValueError:
        return False


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says of itself. It is only shown to the one whose token it is, so nobody verifies it here."""
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _who(token: str) -> str:
    claims = _claims(token)
    named = next((claims[name] for name in ("upn", "unique_name", "appid", "oid") if claims.get(name)), None)
    return str(named)[:120] if named else "this identity"


def _is_for_resource_manager(token: str) -> bool:
    """Whether that is whom the token is for: `management.azure.com`, or what it is called in another cloud."""
    host = urlsplit(str(_claims(token).get("aud", ""))).hostname or ""
    return host.startswith("management.")


def _realm(parameters: str) -> str:
    """Where a challenge says that tokens are to be had; nothing where it cannot be understood."""
    named = [part.partition("=") for part in parse_http_list(parameters)]
    realms = [value.strip('"') for name, _, value in named if name.strip().lower() == "realm"]
    return realms[0] if realms else ""


def _actions(access: str, repository: str | None) -> tuple[str, ...] | None:
    """What the access token permits in the repository; None where it does not say."""
    entries = _claims(access).get("access")
    if not isinstance(entries, list):
        return None
    found = [
        str(action)
        for entry in entries
        if isinstance(entry, dict) and entry.get("type") == "repository" and entry.get("name") == repository
        for action in (entry.get("actions") or ())
    ]
    return tuple(ACTIONS) if "*" in found else tuple(found)
