"""The keys of those who issue tokens, read from the issuer itself and kept for a while; and signatures, by them.

Nothing is sent but a GET without a word about the token, to https, to the issuer's own host (or the one that policy
names), following no redirect, and never more often than once in half a minute, whatever tokens come in.
"""

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from checks.model import Value
from remediations.policy import TrustedIssuer
from remediations.proof import Flaw, Refused, Token

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT: Final = 3
READ_TIMEOUT: Final = 10
LARGEST_ANSWER: Final = 256 * 1024
# A key that its issuer withdraws is believed no longer than this.
KEPT_FOR: Final = 3600
# A key that is not known may be new. It is asked for at most this often, and so is an issuer that does not answer.
ASKED_AGAIN_AFTER: Final = 30

_DISCOVERY: Final = "/.well-known/openid-configuration"
_PLAIN_URL: Final = re.compile(r"https://[A-Za-z0-9.:-]+/[A-Za-z0-9._~/-]*")
_REDIRECTS: Final = range(300, 400)
# Which kind of key an algorithm is for. A key that is used for another one is somebody's trick (RFC 8725 §3.1).
_KINDS: Final = {
    "RS": ("RSA", None),
    "PS": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}


class _Discovery(Value, frozen=True, forbid_unknown_fields=False):
    """What an issuer says about itself: https://openid.net/specs/openid-connect-discovery-1_0.html §3."""

    issuer: str
    jwks_uri: str


class _KeySet(Value, frozen=True, forbid_unknown_fields=False):
    """RFC 7517 §5. Each key is read on its own, so that a kind that we do not know spoils no other."""

    keys: tuple[msgspec.Raw, ...]


class _Key(Value, frozen=True, forbid_unknown_fields=False):
    """One public key (RFC 7517 §4, RFC 7518 §6)."""

    kid: str
    kty: str
    use: str = "sig"
    alg: str | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None

    def is_for(self, algorithm: str) -> bool:
        kind = _KINDS.get(algorithm) or _KINDS.get(algorithm[:2])
        return kind == (self.kty, self.crv) and self.use == "sig" and self.alg in (None, algorithm)

    def signed(self, token: Token) -> bool:
        """Whether this key made the token's signature. A key that is too short, or is none, made nothing."""
        from jwt import PyJWK, PyJWTError

        try:
            key = PyJWK(msgspec.to_builtins(self), token.algorithm)
        except PyJWTError:
            return False
        if key.Algorithm.check_key_length(key.key):
            return False
        return key.Algorithm.verify(token.signed, key.key, token.signature)


type _Keys = tuple[_Key, ...]


class OidcKeys:
    """The keys of each issuer. Any number of threads may ask; for one issuer only one of them reads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` is a clock in seconds that nobody can set."""
        self._monotonic = monotonic
        self._lock = Lock()
        self._kept: dict[TrustedIssuer, _Kept] = {}

    def doubt(self, token: Token, issuer: TrustedIssuer) -> Refused | None:
        """Why it is not shown that a key of that issuer signed the token, or None if it is."""
        if not token.key_id:
            return Refused(Flaw.KEY_UNKNOWN, "it does not say which key signed it")
        found = self._of(issuer).named(token.key_id)
        if isinstance(found, Refused):
            return found
        fit = [key for key in found if key.is_for(token.algorithm)]
        if not fit:
            return Refused(Flaw.ALGORITHM, f"the key that it names is not one for {token.algorithm}")
        if not any(key.signed(token) for key in fit):
            return Refused(Flaw.FORGED, f"no key of {issuer.issuer} made its signature")
        return None

    def _of(self, issuer: TrustedIssuer) -> "_Kept":
        with self._lock:
            return self._kept.setdefault(issuer, _Kept(issuer, self._monotonic))


class _Kept:
    """The keys of one issuer, and when they were read."""

    def __init__(self, issuer: TrustedIssuer, monotonic: Callable[[], float]) -> None:
        self._issuer = issuer
        self._monotonic = monotonic
        self._lock = Lock()
        self._keys: _Keys = ()
        self._read_at = self._tried_at = -float("inf")
        self._trouble: Refused | None = None

    def named(self, key_id: str) -> _Keys | Refused:
        """The keys of that name, of which there is seldom more than one; or why there is none."""
        with self._lock:
            now = self._monotonic()
            found = self._known(key_id, now)
            if not found and now - self._tried_at >= ASKED_AGAIN_AFTER:
                self._read(now)
                found = self._known(key_id, now)
            unknown = Refused(Flaw.KEY_UNKNOWN, f"{self._issuer.issuer} has no key of the name in it")
            return found or self._trouble or unknown

    def _known(self, key_id: str, now: float) -> _Keys:
        if now - self._read_at >= KEPT_FOR:
            return ()
        return tuple(key for key in self._keys if key.kid == key_id)

    def _read(self, now: float) -> None:
        self._tried_at = now
        keys = _read_keys(self._issuer)
        if isinstance(keys, Refused):
            self._trouble = keys
        else:
            self._keys, self._read_at, self._trouble = keys, now, None


def _read_keys(issuer: TrustedIssuer) -> _Keys | Refused:
    """The keys that the issuer publishes now."""
    url = issuer.keys_url or _keys_url(issuer.issuer)
    if isinstance(url, Refused):
        return url
    body = _get(url)
    if isinstance(body, Refused):
        return body
    try:
        listed = msgspec.json.decode(body, type=_KeySet).keys
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused(Flaw.KEYS_UNREADABLE, f"what {url} answered is no list of keys")
    return tuple(_usable(listed))


def _usable(listed: Iterable[msgspec.Raw]) -> Iterable[_Key]:
    for one in listed:
        try:
            yield msgspec.json.decode(one, type=_Key)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # a key without a name, or of a kind that no token we take is signed with


def _keys_url(issuer: str) -> str | Refused:
    """Where the issuer says that its keys are, which must be on its own host."""
    body = _get(issuer.removesuffix("/") + _DISCOVERY)
    if isinstance(body, Refused):
        return body
    try:
        said = msgspec.json.decode(body, type=_Discovery)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused(Flaw.KEYS_UNREADABLE, f"what {issuer} says about itself cannot be read")
    if said.issuer != issuer:
        return Refused(Flaw.KEYS_ELSEWHERE, f"{issuer} says that it is another issuer")
    if not _PLAIN_URL.fullmatch(said.jwks_uri) or urlsplit(said.jwks_uri).netloc != urlsplit(issuer).netloc:
        return Refused(Flaw.KEYS_ELSEWHERE, f"{issuer} says that its keys are on another host")
    return said.jwks_uri


def _get(url: str) -> bytes | Refused:
    """What the URL answers: at most so many bytes, in at most so many seconds, from exactly there."""
    import requests
    from urllib3.exceptions import HTTPError

    until = time.monotonic() + READ_TIMEOUT
    try:
        with requests.get(
            url,
            # No compression, so that a byte that is counted is a byte that was sent.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            auth=_without_password,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        ) as answer:
            if answer.status_code in _REDIRECTS:
                return Refused(Flaw.KEYS_REDIRECTED, f"{url} sends elsewhere, where nobody follows")
            if answer.status_code != HTTPStatus.OK:
                return Refused(Flaw.KEYS_UNREADABLE, f"{url} answered {answer.status_code}")
            body = b""
            while piece := answer.raw.read1(LARGEST_ANSWER, decode_content=False):
                body += piece
                if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                    return Refused(Flaw.KEYS_UNREADABLE, f"{url} answers too much, or too slowly")
            return body
    except (requests.RequestException, HTTPError) as failure:
        return Refused(Flaw.KEYS_UNREADABLE, f"{url} could not be read ({type(failure).__name__})")


def _without_password(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """With an `auth` of ours, requests does not look for a password in ~/.netrc."""
    return request
