"""Every rule, every marker and every dialect has an example in which it is the one that speaks."""

from typing import Final

import pytest

from checks.intake.error_text.dialects import OTHERS_SAY, another_registry, speaks_acr
from checks.intake.error_text.operation import MARKERS, operations_in
from checks.intake.error_text.reading import read
from checks.intake.error_text.rules import RULES
from checks.intake.error_text.verdict import deciding_rule

WHAT_A_RULE_HEARS: Final = {
    "management lock": "cannot perform write operation because following scope(s) are locked",
    "Azure Policy": "Resource 'shop' was disallowed by policy.",
    "count of resources": "Quota exceeded for resource type webhooks for the registry SKU Basic",
    "storage account": "Public access is not permitted on this storage account.",
    "egress of a storage account": "503 Egress is over the account limit",
    "provider not registered": "not registered to use namespace 'Microsoft.ContainerRegistry'",
    "customer-managed key": "For more information on bring your own key, please visit https://aka.ms/acr/cmk",
    "quarantine": "the image is quarantined",
    "ACR Tasks": "ACR Tasks requests for the registry shop are not permitted.",
    "another service's address list": "blocked by Databricks IP ACL for workspace: 1",
    "storage full": "denied: registry storage quota exceeded",
    "disallowed operation": "unknown: The operation is disallowed.",
    "address not allowed": "denied: client with IP '203.0.113.7' is not allowed access",
    "public access off": "public network access is disabled",
    "the page on firewalls": "Refer https://aka.ms/acr/firewall to grant access.",
    "403 at the door": "login attempt failed with status: 403 Forbidden",
    "az at the door": "Looks like you don't have access to registry 'shop.azurecr.io'.",
    "proxy": "proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused",
    "Entra": "error getting credentials - err: exit status 1, out: AADSTS90002: Tenant not found",
    "engine out of reach": "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
    "name not resolved": "dial tcp: lookup shop.azurecr.io: no such host",
    "TLS handshake timed out": "net/http: TLS handshake timeout",
    "TLS": "x509: certificate signed by unknown authority",
    "connection refused or reset": "read: connection reset by peer",
    "no answer in time": "dial tcp 20.0.0.1:443: i/o timeout",
    "throttled": "toomanyrequests: slow down",
    "credentials refused": "unauthorized: Invalid clientid or client secret.",
    "right is missing": "does not have authorization to perform action",
    "scope is missing": "server message: insufficient_scope",
    "authentication required": "unauthorized: authentication required",
    "registry not found": "container registry 'shop' could not be found",
    "not in the engine": "An image does not exist locally with the tag: shop.azurecr.io/web",
    "upload session lost": "blob upload unknown to registry",
    "manifest, blob or name refused": "manifest invalid",
    "service failed": "received unexpected HTTP status: 500 Internal Server Error",
    "client side": "write /var/lib/docker/tmp/x: no space left on device",
    "az met no challenge": "An error occurred: CONNECTIVITY_CHALLENGE_ERROR",
    "something on the client": "open a.tar: no such file or directory",
    "401": "request failed with status code 401",
    "405": "405 Method Not Allowed",
    "407": "status code: 407",
    "408": "response status code 408",
    "413": "413 Payload Too Large",
    "413 in words": "The request failed with status: RequestEntityTooLarge",
    "416": "status code: 416",
    "429": "response status code 429",
    "5xx": "HTTP/1.1 502",
    "404": "status: 404 page not found",
    "400": "400 Bad Request",
    "method refused": "ValueError: Issue with the address: Method Not Allowed",
    "az could not log in": "An error occurred: CONNECTIVITY_REFRESH_TOKEN_ERROR",
    "internal error": "An internal error has occurred",
    "plain HTTP": "http: server gave HTTP response to HTTPS client",
    "denied": "denied",
    "retries": "eef285a08230: Retrying in 5 seconds",
}

WHAT_A_MARKER_HEARS: Final = {
    "write request": "PUT https://shop.azurecr.io/v2/web/manifests/1",
    "failed pull": "pull access denied for acr, repository does not exist",
    "failed push": "ERROR: failed to push shop.azurecr.io/web:1",
    "health check": "An error occurred: CONNECTIVITY_CHALLENGE_ERROR",
    "read request": "https://shop.azurecr.io/oauth2/token?scope=repository%3Aweb%3Apull&service=shop.azurecr.io",
    "push command": "docker push shop.azurecr.io/web",
    "push progress": "The push refers to repository [shop.azurecr.io/web]",
    "login": "docker login shop.azurecr.io",
    "pull by a node": "Back-off pulling image",
    "read command": "docker pull shop.azurecr.io/web",
    "base image": "[internal] load metadata for shop.azurecr.io/base:1",
    "layer from storage": "<Error><Code>BlobNotFound</Code><Message>no</Message></Error>",
    "deployment": "DockerApiException: responded with status code=InternalServerError",
    "build step": "Step 2/9 : RUN make",
}

WHAT_A_DIALECT_HEARS: Final = {
    "Amazon ECR": "no basic auth credentials",
    "GitHub": "denied: permission_denied: write_package",
    "Google": 'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied',
    "Docker Hub": "You have reached your pull rate limit.",
    "Harbor": "will exceed the configured upper limit of 10.0 GiB",
    "Quay": "access to the requested resource is not authorized",
    "GitLab": "HTTP Basic: Access denied",
    "IBM Cloud": "You have exceeded your storage quota.",
    "DigitalOcean": "registry contains 1 repositories, limit is 1",
    "Nexus or Artifactory": "Repository does not allow updating assets",
    "others": "push not allowed: tag is immutable",
}


def test_nothing_speaks_without_an_example() -> None:
    assert set(WHAT_A_RULE_HEARS) == {rule.name for rule in RULES}
    assert set(WHAT_A_MARKER_HEARS) == {marker.name for marker in MARKERS}
    assert set(WHAT_A_DIALECT_HEARS) == {owner for owner, _ in OTHERS_SAY}


@pytest.mark.parametrize(("name", "sentence"), WHAT_A_RULE_HEARS.items())
def test_a_rule_decides_where_it_should(name: str, sentence: str) -> None:
    rule = deciding_rule(sentence)
    assert rule is not None
    assert rule.name == name


@pytest.mark.parametrize(("name", "sentence"), WHAT_A_MARKER_HEARS.items())
def test_a_marker_is_seen_where_it_should(name: str, sentence: str) -> None:
    assert name in {seen.marker.name for seen in operations_in(read(sentence))}


@pytest.mark.parametrize(("owner", "sentence"), WHAT_A_DIALECT_HEARS.items())
def test_another_registry_is_known_by_its_words(owner: str, sentence: str) -> None:
    assert another_registry(read(sentence)) == owner
    assert not speaks_acr(read(sentence))


def test_where_nothing_is_known_no_rule_decides() -> None:
    assert deciding_rule("a quiet day") is None
