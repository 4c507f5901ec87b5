"""Keys are read from the issuer itself, seldom, and from nowhere else; and only they make a signature good."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from remediations.adapters.oidc import ASKED_AGAIN_AFTER, KEPT_FOR, LARGEST_ANSWER, OidcKeys
from remediations.policy import GitHubActions
from remediations.proof import Flaw, Refused, Token, presented
from tests.installation import applied
from tests.local_azure import LocalAzure, cut_before, cut_within, html, status
from tests.local_azure.faults import Effect
from tests.local_azure.issuer import CONFIGURATION, KEYS
from tests.local_azure.signing import SigningKey, job_claims


class Seconds:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def loopback() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(loopback: LocalAzure) -> Iterator[LocalAzure]:
    """An issuer with a new key, of whom nobody has asked anything yet."""
    loopback.reset()
    with applied({"REQUESTS_CA_BUNDLE": loopback.ca_certificate}):
        yield loopback


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keys(seconds: Seconds) -> OidcKeys:
    return OidcKeys(seconds)


def issuer(azure: LocalAzure, url: str | None = None, keys_url: str | None = None) -> GitHubActions:
    return GitHubActions(
        issuer=url or azure.issuer_url,
        audience="push-medic",
        registries=("contoso",),
        repositories=("contoso/*",),
        keys_url=keys_url,
    )


def taken_apart(text: str) -> Token:
    token = presented(f"Bearer {text}")
    assert isinstance(token, Token)
    return token


def doubt(keys: OidcKeys, azure: LocalAzure, text: str | None = None) -> Flaw | None:
    """Why the token does not count; by default a new one of a job."""
    refused = keys.doubt(taken_apart(text or azure.job_token()), issuer(azure))
    return refused.flaw if refused else None


def claims(azure: LocalAzure, repository: str = "contoso/app") -> dict[str, Any]:
    return job_claims(azure.issuer_url, azure.now(), repository, "push-medic")


def reads(azure: LocalAzure) -> list[str]:
    """What was asked of the issuer, in order."""
    return [call.path for call in azure.requests]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_that_its_issuer_signed_is_beyond_doubt(
    azure: LocalAzure, keys: OidcKeys, algorithm: str
) -> None:
    azure.issuer.rotate(algorithm)
    assert doubt(keys, azure) is None
    assert reads(azure) == [CONFIGURATION, KEYS]


def test_nothing_about_the_token_is_sent_anywhere(azure: LocalAzure, keys: OidcKeys) -> None:
    doubt(keys, azure)
    assert {(call.method, call.body, str(call.query)) for call in azure.requests} == {("GET", b"", "{}")}


def test_keys_are_read_once_for_many_tokens(azure: LocalAzure, keys: OidcKeys) -> None:
    assert {doubt(keys, azure) for _ in range(20)} == {None}
    assert reads(azure) == [CONFIGURATION, KEYS]


def test_many_who_ask_at_once_read_the_keys_once(azure: LocalAzure, keys: OidcKeys) -> None:
    tokens = [azure.job_token() for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda text: doubt(keys, azure, text), tokens)) == {None}
    assert reads(azure) == [CONFIGURATION, KEYS]


def test_a_new_key_is_found_when_it_is_first_met(azure: LocalAzure, keys: OidcKeys, seconds: Seconds) -> None:
    old = azure.job_token()
    assert doubt(keys, azure) is None
    azure.issuer.rotate()
    seconds.now += ASKED_AGAIN_AFTER
    assert doubt(keys, azure) is None
    assert doubt(keys, azure, old) is None
    assert len(reads(azure)) == 4


def test_a_flood_of_unknown_keys_is_a_trickle_of_questions(
    azure: LocalAzure, keys: OidcKeys, seconds: Seconds
) -> None:
    doubt(keys, azure)
    azure.requests.clear()
    for _ in range(100):
        stranger = SigningKey("ES256").sign(claims(azure))
        assert doubt(keys, azure, stranger) is Flaw.KEY_UNKNOWN
        assert doubt(keys, azure) is None
        seconds.now += 1
    assert reads(azure) == [CONFIGURATION, KEYS] * 3


def test_a_withdrawn_key_is_believed_for_an_hour_at_most(
    azure: LocalAzure, keys: OidcKeys, seconds: Seconds
) -> None:
    stolen = azure.job_token()
    assert doubt(keys, azure, stolen) is None
    azure.issuer.rotate(withdraw=True)
    seconds.now += KEPT_FOR - 1
    assert doubt(keys, azure, stolen) is None
    seconds.now += 1
    assert doubt(keys, azure, stolen) is Flaw.KEY_UNKNOWN


def test_keys_that_cannot_be_read_again_are_not_believed_any_longer(
    azure: LocalAzure, keys: OidcKeys, seconds: Seconds
) -> None:
    assert doubt(keys, azure) is None
    azure.faults.add(path=CONFIGURATION, effect=status(503), times=None)
    seconds.now += KEPT_FOR
    assert doubt(keys, azure) is Flaw.KEYS_UNREADABLE


def test_an_issuer_that_does_not_answer_is_asked_again_later(
    azure: LocalAzure, keys: OidcKeys, seconds: Seconds
) -> None:
    fault = azure.faults.add(path=CONFIGURATION, effect=status(503), times=None)
    assert {doubt(keys, azure) for _ in range(10)} == {Flaw.KEYS_UNREADABLE}
    assert reads(azure) == [CONFIGURATION]
    azure.faults.remove(fault)
    assert doubt(keys, azure) is Flaw.KEYS_UNREADABLE
    seconds.now += ASKED_AGAIN_AFTER
    assert doubt(keys, azure) is None


def test_trouble_with_new_keys_does_not_spoil_those_that_are_known(
    azure: LocalAzure, keys: OidcKeys, seconds: Seconds
) -> None:
    assert doubt(keys, azure) is None
    known = azure.job_token()
    azure.issuer.rotate()
    azure.faults.add(path=KEYS, effect=status(500), times=None)
    seconds.now += ASKED_AGAIN_AFTER
    assert doubt(keys, azure) is Flaw.KEYS_UNREADABLE
    assert doubt(keys, azure, known) is None


# Forged.


def test_a_token_that_was_changed_is_forged(azure: LocalAzure, keys: OidcKeys) -> None:
    header, _, signature = azure.job_token("evil/app").split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(azure)).encode()).rstrip(b"=").decode()
    assert doubt(keys, azure, f"{header}.{payload}.{signature}") is Flaw.FORGED


def test_a_token_without_its_signature_is_forged(azure: LocalAzure, keys: OidcKeys) -> None:
    assert doubt(keys, azure, azure.job_token().rpartition(".")[0] + ".") is Flaw.FORGED


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_stranger_who_takes_the_name_of_a_key_does_not_become_it(
    azure: LocalAzure, keys: OidcKeys, algorithm: str
) -> None:
    azure.issuer.rotate(algorithm)
    stranger = SigningKey(algorithm, name=azure.issuer.key.name)
    assert doubt(keys, azure, stranger.sign(claims(azure))) is Flaw.FORGED


def test_a_key_that_comes_with_the_token_is_not_looked_at(azure: LocalAzure, keys: OidcKeys) -> None:
    stranger = SigningKey("ES256")
    carried = stranger.sign(
        claims(azure), jwk=stranger.published, jku=f"{azure.issuer_url}/evil", x5u=f"{azure.issuer_url}/evil"
    )
    assert doubt(keys, azure, carried) is Flaw.KEY_UNKNOWN
    assert reads(azure) == [CONFIGURATION, KEYS]


def test_the_keys_of_another_trusted_issuer_are_not_this_ones(azure: LocalAzure, keys: OidcKeys) -> None:
    with LocalAzure() as other, applied({"REQUESTS_CA_BUNDLE": other.ca_certificate}):
        assert doubt(keys, other) is None
        swapped = other.issuer.key.sign(claims(azure))
        assert keys.doubt(taken_apart(other.job_token()), issuer(other)) is None
    assert doubt(keys, azure, swapped) is Flaw.KEY_UNKNOWN


def test_a_token_that_names_no_key_is_nobodys(azure: LocalAzure, keys: OidcKeys) -> None:
    assert doubt(keys, azure, azure.issuer.key.sign(claims(azure), kid="")) is Flaw.KEY_UNKNOWN
    assert reads(azure) == []


def test_a_public_key_is_nobodys_secret(azure: LocalAzure, keys: OidcKeys) -> None:
    """Signed by HMAC with the published key, whether the token says so or claims the right algorithm."""
    key = azure.issuer.key
    pem = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm, why in (("HS256", Flaw.ALGORITHM), ("RS256", Flaw.FORGED)):
        head = {"alg": algorithm, "kid": key.name}
        signed = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            for part in (head, claims(azure))
        )
        signature = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
        text = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
        token = presented(f"Bearer {text}")
        assert (token.flaw if isinstance(token, Refused) else doubt(keys, azure, text)) is why


@pytest.mark.parametrize("algorithm", ["PS256", "RS512"])
def test_a_key_is_good_for_the_algorithm_that_it_was_published_for(
    azure: LocalAzure, keys: OidcKeys, algorithm: str
) -> None:
    key = azure.issuer.key
    other = jwt.encode(claims(azure), key.private, algorithm=algorithm, headers={"kid": key.name})
    assert doubt(keys, azure, other) is Flaw.ALGORITHM


@pytest.mark.parametrize(("algorithm", "claimed"), [("RS256", "ES256"), ("ES256", "RS256")])
def test_a_key_of_another_kind_is_none_for_the_algorithm(
    azure: LocalAzure, keys: OidcKeys, algorithm: str, claimed: str
) -> None:
    name = azure.issuer.rotate(algorithm).name
    crossed = SigningKey(claimed, name=name).sign(claims(azure))
    assert doubt(keys, azure, crossed) is Flaw.ALGORITHM


# Elsewhere, too much, and nonsense.


@pytest.mark.parametrize("path", [CONFIGURATION, KEYS])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_nobody_follows_where_the_keys_are_sent(
    azure: LocalAzure, keys: OidcKeys, path: str, code: int
) -> None:
    azure.faults.add(path=path, effect=status(code, headers={"Location": f"{azure.issuer_url}/elsewhere"}))
    assert doubt(keys, azure) is Flaw.KEYS_REDIRECTED
    assert "/elsewhere" not in reads(azure)


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/keys",
        "https://127.0.0.2:{port}/.well-known/jwks",
        "https://127.0.0.1/.well-known/jwks",
        "http://127.0.0.1:{port}/.well-known/jwks",
        "https://127.0.0.1:{port}@evil.example/keys",
        "https://user:password@127.0.0.1:{port}/keys",
        "https://127.0.0.1:{port}\\@evil.example/keys",
        "https://127.0.0.1:{port}/keys?to=evil",
        "https://127.0.0.1:{port}/keys#part",
        "https://127.0.0.1\t:{port}/keys",
        "https://127.0.0.1:{port}",
        "/.well-known/jwks",
        "//evil.example/keys",
        "file:///etc/passwd",
        "",
    ],
)
def test_keys_are_on_the_issuers_own_host_or_nowhere(azure: LocalAzure, keys: OidcKeys, uri: str) -> None:
    said = {"issuer": azure.issuer_url, "jwks_uri": uri.replace("{port}", str(azure.https_port))}
    azure.faults.add(path=CONFIGURATION, effect=status(200, json.dumps(said)))
    assert doubt(keys, azure) is Flaw.KEYS_ELSEWHERE
    assert reads(azure) == [CONFIGURATION]


def test_an_issuer_that_says_it_is_another_is_not_believed(azure: LocalAzure, keys: OidcKeys) -> None:
    said = {"issuer": azure.issuer_url + "/", "jwks_uri": azure.issuer_url + KEYS}
    azure.faults.add(path=CONFIGURATION, effect=status(200, json.dumps(said)))
    assert doubt(keys, azure) is Flaw.KEYS_ELSEWHERE


NONSENSE = {
    "an error": status(500),
    "nothing there": status(404),
    "a page": html(200),
    "nothing": status(200),
    "a list": status(200, "[]"),
    "null": status(200, '{"keys": null, "issuer": null, "jwks_uri": null}'),
    "depths": status(200, "[" * 100_000),
    "too much": status(200, json.dumps({"keys": [], "padding": "x" * LARGEST_ANSWER})),
    "a bomb": status(200, "\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    "no UTF-8": status(200, b"\xff\xfe"),
    "a closed connection": cut_before(),
    "half of it": cut_within(),
}


@pytest.mark.parametrize("path", [CONFIGURATION, KEYS])
@pytest.mark.parametrize("effect", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_that_makes_no_sense_is_no_keys(
    azure: LocalAzure, keys: OidcKeys, path: str, effect: Effect
) -> None:
    azure.faults.add(path=path, effect=effect)
    assert doubt(keys, azure) is Flaw.KEYS_UNREADABLE


def test_a_host_that_nobody_vouches_for_is_not_believed(azure: LocalAzure, keys: OidcKeys) -> None:
    with LocalAzure() as stranger:
        assert doubt(keys, stranger) is Flaw.KEYS_UNREADABLE
    assert doubt(keys, azure) is None


def test_policy_can_name_where_the_keys_are(azure: LocalAzure, keys: OidcKeys) -> None:
    trusted = issuer(azure, "https://sts.windows.net/tenant/", azure.issuer_url + KEYS)
    assert keys.doubt(taken_apart(azure.job_token()), trusted) is None
    assert reads(azure) == [KEYS]


def test_a_slash_at_the_end_of_an_issuer_is_its_own(azure: LocalAzure, keys: OidcKeys) -> None:
    refused = keys.doubt(taken_apart(azure.job_token()), issuer(azure, azure.issuer_url + "/"))
    assert refused
    assert (refused.flaw, reads(azure)) == (Flaw.KEYS_ELSEWHERE, [CONFIGURATION])


def weak_key(name: str) -> tuple[dict[str, Any], Any]:
    private = generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {"kid": name, "kty": "RSA", "n": public["n"], "e": public["e"]}, private


def publish(azure: LocalAzure, *listed: object) -> None:
    azure.faults.add(path=KEYS, effect=status(200, json.dumps({"keys": listed})), times=None)


def test_a_key_that_is_too_short_makes_no_signature_good(azure: LocalAzure, keys: OidcKeys) -> None:
    public, private = weak_key("weak")
    publish(azure, public)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        text = jwt.encode(claims(azure), private, algorithm="RS256", headers={"kid": "weak"})
    assert doubt(keys, azure, text) is Flaw.FORGED


def test_keys_that_are_of_no_use_spoil_no_other(azure: LocalAzure, keys: OidcKeys) -> None:
    good = azure.issuer.key.published
    odd = [
        7,
        {},
        {"kid": 7, "kty": "RSA"},
        {"kid": good["kid"], "kty": "oct", "k": "c2VjcmV0"},
        {"kid": good["kid"], "kty": "RSA", "n": "!", "e": "!"},
        {"kid": good["kid"], "kty": "RSA"},
        {"kid": good["kid"], "kty": "RSA", "n": "AQAB", "e": "AQ"},
        {"kid": good["kid"], "kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {**good, "use": "enc"},
    ]
    publish(azure, *odd, good)
    assert doubt(keys, azure) is None


def test_a_key_for_encryption_signs_nothing(azure: LocalAzure, keys: OidcKeys) -> None:
    publish(azure, azure.issuer.key.published | {"use": "enc"})
    assert doubt(keys, azure) is Flaw.ALGORITHM


def test_no_word_about_a_refusal_shows_the_token(azure: LocalAzure, keys: OidcKeys) -> None:
    for text in (SigningKey("ES256").sign(claims(azure)), azure.job_token().rpartition(".")[0] + "."):
        refused = keys.doubt(taken_apart(text), issuer(azure))
        assert refused
        assert not any(part and part in refused.because for part in text.split("."))
