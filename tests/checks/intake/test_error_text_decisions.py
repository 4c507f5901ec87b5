"""One sentence at a time: what decides, and what must not."""

import pytest

from checks.intake.error_text import explain
from checks.model import CauseName as Cause

LOCK = "unknown: The operation is disallowed on this registry, repository or image."
BLOCKED = (
    "denied: client with IP '203.0.113.7' is not allowed access. "
    "Refer https://aka.ms/acr/firewall to grant access."
)


@pytest.mark.parametrize(
    "text",
    [
        "The image tag '1' already exists and cannot be overwritten because the repository is immutable.",
        "(ScopeLocked) The scope '/s' cannot perform write operation because following scope(s) are locked",
        "(RequestDisallowedByPolicy) Resource 'shop' was disallowed by policy.",
        "Error: unexpected status: 405 Method Not Allowed",
        "PUT https://harbor.example.net/v2/app/manifests/1: 405 Method Not Allowed",
        "alpine/container:3.6 is frozen, push not allowed.",
        "Failed to lock state: state is already locked",
        'changing manifest media-type from "a" to "b" is disallowed',
        "the image is quarantined: the operation is disallowed",
        "GET https://shop.azurecr.io/v2/app/tags/list: 405 Method Not Allowed",
    ],
)
def test_what_sounds_like_a_lock_is_not_one(text: str) -> None:
    assert explain(text).cause is not Cause.LOCKED


@pytest.mark.parametrize(
    "text",
    [
        "denied: adding 25.1 MiB of storage resource will exceed the configured upper limit of 10.0 GiB.",
        "denied: You have exceeded your storage quota, or review your storage quota and pricing plan.",
        "Quota exceeded for resource type webhooks for the registry SKU Basic.",
        "no space left on device",
        "413 Request Entity Too Large",
        "Operation could not be completed as it results in exceeding approved Total Regional Cores quota",
        "failed to push ghcr.io/me/app:1: denied: registry storage quota exceeded",
    ],
)
def test_what_sounds_like_a_full_registry_is_not_one(text: str) -> None:
    assert explain(text).cause is not Cause.STORAGE_LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "Source IP address: 203.0.113.108 is blocked by Databricks IP ACL for workspace: 1",
        "Client address is not authorized and caller is not a trusted service. Client address: 203.0.113.9 Vault: v",
        "login attempt to https://shop.azurecr.io/v2/ failed with status: 403 Forbidden",
        "unexpected status from HEAD request to https://shop.azurecr.io/v2/app/blobs/sha256:aa: 403 Forbidden",
        "denied: <html><head><title>403 Forbidden</title></head><body>Blocked by proxy</body></html>",
        f'Failed to pull image "shop.azurecr.io/app:1": {BLOCKED}',
        "ERROR 409: Public access is not permitted on this storage account..",
        "Cosmos DB firewall: Request originated from IP 203.0.113.9 through public internet",
    ],
)
def test_what_sounds_like_a_refused_address_is_not_one(text: str) -> None:
    assert explain(text).cause is not Cause.FIREWALL_IP_DENIED


def test_a_bare_405_is_a_lock_only_where_acr_was_asked_to_write() -> None:
    assert (
        explain("PUT https://shop.azurecr.io/v2/app/manifests/1: 405 Method Not Allowed").cause
        is Cause.LOCKED
    )
    assert explain("PUT https://shop.azurecr.io/api/charts: 405 Method Not Allowed").cause is Cause.UNKNOWN


def test_a_pull_comes_before_what_went_wrong_underneath() -> None:
    refused = explain(f'Failed to pull image "shop.azurecr.io/app:1": {BLOCKED}')
    assert refused.cause is Cause.NOT_A_PUSH
    assert Cause.FIREWALL_IP_DENIED in refused.alternatives


def test_another_registry_comes_before_what_went_wrong_underneath() -> None:
    answer = explain("failed to push ghcr.io/me/app:1: unexpected status: 429 Too Many Requests")
    assert (answer.cause, answer.alternatives) == (Cause.OTHER_REGISTRY, (Cause.THROTTLED,))


def test_what_only_acr_says_is_acr_whatever_the_host_is_called() -> None:
    assert explain(f"docker push registry.example.net/app:1\n{BLOCKED}").cause is Cause.FIREWALL_IP_DENIED


def test_the_last_plain_sentence_decides() -> None:
    assert (
        explain(f"{LOCK}\nretrying\nshop.azurecr.io: connection reset by peer").cause
        is Cause.CONNECTION_REFUSED_OR_RESET
    )


def test_a_sentence_outweighs_the_status_that_a_client_adds() -> None:
    assert (
        explain(
            f"{LOCK}\nValueError: Issue with https://shop.azurecr.io/v2/a/manifests/1: Method Not Allowed"
        ).cause
        is Cause.LOCKED
    )


def test_a_base_image_does_not_make_a_failed_push_a_pull() -> None:
    text = (
        "Step 1/3 : FROM mcr.microsoft.com/dotnet/sdk:8.0\n"
        "Pushing image to shop.azurecr.io/app:1\n"
        "unauthorized: authentication required"
    )
    assert explain(text).cause is Cause.AUTHENTICATION_REQUIRED


def test_a_failed_base_image_is_not_a_push() -> None:
    text = "docker push later\nStep 1/3 : FROM shop.azurecr.io/base:1\nunauthorized: authentication required"
    assert explain(text).cause is Cause.NOT_A_PUSH


def test_what_the_failing_request_was_outweighs_what_it_met() -> None:
    text = "failed to push shop.azurecr.io/web:1: while reading manifest of the base: unexpected EOF"
    assert explain(text).cause is Cause.CONNECTION_REFUSED_OR_RESET


def test_a_push_that_succeeded_after_all_has_no_cause() -> None:
    text = f"unexpected EOF\nretrying\nv1: digest: sha256:{'a' * 64} size: 528"
    assert explain(text).cause is Cause.UNKNOWN


def test_a_check_that_was_passed_is_not_what_failed() -> None:
    passed = (
        "Docker pull of 'mcr.microsoft.com/mcr/hello-world:latest' : OK\n"
        "DNS lookup to shop.azurecr.io at IP 203.0.113.9 : OK"
    )
    assert explain(passed).cause is not Cause.DNS_FAILURE
    assert explain(f"{passed}\nAn error occurred: CONNECTIVITY_CHALLENGE_ERROR").cause is Cause.UNKNOWN
    assert explain(f"{passed}\nAn error occurred: CONNECTIVITY_SSL_ERROR").cause is Cause.TLS_ERROR


@pytest.mark.parametrize(
    "text",
    [
        "Unauthorized: This region has quota of 0 instances for your subscription.",
        "The subscription 'a' cannot have more than 10 Container App Environments.",
        '"code": "MaxNumberOfRegionalEnvironmentsInSubExceeded"',
    ],
)
def test_an_allowance_of_a_subscription_is_neither_a_login_nor_a_full_registry(text: str) -> None:
    assert explain(text).cause is Cause.UNKNOWN


def test_a_resolver_that_refuses_is_a_failure_of_dns() -> None:
    text = (
        "dial tcp: lookup shop.azurecr.io on [::1]:53: read udp [::1]:5->[::1]:53: read: connection refused"
    )
    assert explain(text).cause is Cause.DNS_FAILURE


def test_a_proxy_that_refuses_is_a_failure_of_the_proxy() -> None:
    assert (
        explain("proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused").cause
        is Cause.PROXY_ERROR
    )


def test_a_handshake_that_times_out_is_a_timeout() -> None:
    assert explain("net/http: TLS handshake timeout").cause is Cause.CONNECTIVITY_TIMEOUT


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("EOF", Cause.CONNECTION_REFUSED_OR_RESET),
        ("dial tcp 20.0.0.1:443: i/o timeout", Cause.CONNECTIVITY_TIMEOUT),
        ("No such host is known. (shop.azurecr.io:443)", Cause.DNS_FAILURE),
        ("target machine actively refused it", Cause.CONNECTION_REFUSED_OR_RESET),
        ("java.net.UnknownHostException: shop.azurecr.io", Cause.DNS_FAILURE),
        ("javax.net.ssl.SSLHandshakeException: PKIX path building failed", Cause.TLS_ERROR),
        ("Error: connect ECONNREFUSED 20.0.0.1:443", Cause.CONNECTION_REFUSED_OR_RESET),
        ("407 Proxy Authentication Required", Cause.PROXY_ERROR),
        ("AADSTS7000215: Invalid client secret is provided", Cause.AUTHENTICATION_FAILED),
        ("unauthorized: authentication required", Cause.AUTHENTICATION_REQUIRED),
        (
            "(AuthorizationFailed) The client 'x' does not have authorization to perform action",
            Cause.PERMISSION_DENIED,
        ),
        ("toomanyrequests: too many requests", Cause.THROTTLED),
        ("manifest invalid: manifest invalid", Cause.REPOSITORY_OR_MANIFEST_INVALID),
        ("received unexpected HTTP status: 502 Bad Gateway", Cause.SERVER_ERROR),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", Cause.CLIENT_SIDE),
        ("public network access is disabled", Cause.PUBLIC_ACCESS_DISABLED),
        ("registry storage limit has been reached", Cause.STORAGE_LIMIT),
        (
            "Resource 'Microsoft.ContainerRegistry/registries/shop' under resource group 'g' was not found",
            Cause.REGISTRY_NOT_FOUND,
        ),
    ],
)
def test_one_sentence_is_enough(text: str, cause: Cause) -> None:
    assert explain(text).cause is cause


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("x509: certificate is valid for *.zscaler.net, not shop.azurecr.io", Cause.TLS_ERROR),
        ("the request to shop.azurecr.io was blocked by Zscaler web filter", Cause.PROXY_ERROR),
        ("Error: loading app.tar as tarball: file manifest.json not found in tar", Cause.CLIENT_SIDE),
        (
            "login attempt to https://shop.azurecr.io/v2/ failed with status: 401 Unauthorized",
            Cause.AUTHENTICATION_FAILED,
        ),
    ],
)
def test_what_was_looked_at_and_refused_is_told_from_what_was_never_asked(text: str, cause: Cause) -> None:
    assert explain(text).cause is cause
