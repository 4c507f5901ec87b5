"""What a client prints is kept and shown, and what would open anything in it is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.intake.redaction import REDACTED, redacted
from tests.checks.intake.error_messages import printed

JWT = f"eyJ{'hbGciOiJSUzI1NiJ9'}.{'eyJzdWIiOiJzb21lYm9keSJ9'}.{'c2lnbmF0dXJl' * 4}"
SECRETS = {
    "a bearer token": (f"Authorization: Bearer {JWT}", JWT),
    "a token without a name": (f"using {JWT} for contoso", JWT),
    "a token without its signature": (f"claims {JWT.rpartition('.')[0]}.", JWT.rpartition(".")[0]),
    "an opaque bearer token": ("authorization: bearer 0123456789abcdef", "0123456789abcdef"),
    "basic credentials": ("Authorization: Basic cm9ib3Q6aHVudGVyMg==", "cm9ib3Q6aHVudGVyMg=="),
    "a password in an address": ("GET https://robot:hunter2@contoso.azurecr.io/v2/", "hunter2"),
    "a password on the command line": ("+ docker login -u robot -p hunter2 contoso.azurecr.io", "hunter2"),
    "a long switch": ("oras login --password=hunter2", "hunter2"),
    "a password in JSON": ('{"username": "robot", "password": "hunter2"}', "hunter2"),
    "a password in a setting": ("REGISTRY_PASSWORD=hunter2", "hunter2"),
    "a refresh token in a form": ("grant_type=refresh_token&refresh_token=abcdefgh12345678&x=1", "abcdefgh"),
    "a signature of a shared access": ("https://x.blob.core.windows.net/c?sv=2024&sig=ab%2Bcd%3D", "ab%2Bcd"),
    "a storage key": ("AccountName=x;AccountKey=Zm9vYmFyZm9vYmFy==;Endpoint", "Zm9vYmFy"),
    "a functions key": ("https://x.azurewebsites.net/api/r?code=0123456789abcdef0123", "0123456789abcdef"),
    "a token of GitHub": ("remote: ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abc"),
    "a token of GitLab": ("glpat-abcdefghij0123456789", "glpat-abc"),
    "a password of the admin user": (f"tried {'a1B2' * 10}xy+ACRabc123", "a1B2a1B2"),
    "a secret of an application": ("abc8Q~abcdefghijklmnopqrstuvwxyz01234567", "8Q~abc"),
    "a private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
    "half a private key": ("-----BEGIN PRIVATE KEY-----\nMIIEow", "MIIEow"),
    "a cookie": ("Set-Cookie: session=0123456789; path=/", "0123456789"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_what_would_open_something_is_taken_out(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redacted(text)
    assert REDACTED in redacted(text)


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_taking_it_out_twice_is_taking_it_out_once(text: str, secret: str) -> None:
    assert redacted(redacted(text)) == redacted(text)
    assert secret not in redacted(f"{text}\n{text}")


def test_what_clients_really_print_of_a_failed_push_stays_as_it_is() -> None:
    assert [one.text for one in printed() if redacted(one.text) != one.text] == []


@pytest.mark.parametrize(
    "text",
    [
        "denied: client with IP '52.138.231.5' is not allowed access",
        'unauthorized: authentication required, code: "401"',
        "error code=UNAUTHORIZED",
        "fetching token for scope repository:team/app:push",
        'Www-Authenticate: Bearer realm="https://contoso.azurecr.io/oauth2/token"',
        "digest sha256:" + "a" * 64,
    ],
)
def test_what_only_talks_of_secrets_stays_readable(text: str) -> None:
    assert redacted(text) == text


@given(st.text(max_size=200), st.sampled_from(sorted(SECRETS)))
def test_no_text_around_a_secret_brings_it_back(around: str, kind: str) -> None:
    text, secret = SECRETS[kind]
    assert secret not in redacted(f"{around}\n{text}\n{around}")


@pytest.mark.parametrize(
    "piece", ["eyJ", "eyJ-", "a" * 50, "a+", "-----BEGIN ", "password", "://a", "Bearer ", "password: "]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (1024 * 1024 // len(piece))
    began = time.perf_counter()
    redacted(text)
    assert time.perf_counter() - began < 10
