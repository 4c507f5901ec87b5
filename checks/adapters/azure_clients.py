"""The Azure SDK clients, made with patience that fits a function: short time-outs, few retries, bounded waits."""

import base64
import time
from typing import Any, Final

import msgspec
import requests
from azure.containerregistry import ContainerRegistryClient
from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from checks.evidence import Unreadable
from checks.model import Registry

# azure-core's own defaults are 300 s to connect and 300 s to read, four times over.
_PATIENCE: Final[dict[str, Any]] = {"connection_timeout": 5, "read_timeout": 20}
_LONGEST_WAIT: Final = 10.0
_TOKEN_MARGIN: Final = 120
# There is one for each repository, and a registry may have thousands of those.
_MOST_TOKENS: Final = 200
_REFUSED: Final = 400
NOT_LOGGED_IN: Final = Unreadable("no token of Entra ID could be had", advice="Log in: `az login`.")


class BoundedRetry(RetryPolicy[Any, Any]):
    """azure-core's retries, without sleeping an hour because a `Retry-After` says so."""

    def __init__(self) -> None:
        super().__init__(retry_total=3, retry_connect=2, retry_read=2, retry_status=3, retry_backoff_max=4)

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_WAIT)


class TokenMemory:
    """Access tokens of registries, kept as long as they live; of very many, the latest.

    Without it azure-containerregistry 1.2.0 spends four calls on each operation, because it keeps none
    (its cache test is inverted, and reuses a refresh token only once that has expired).
    """

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str, bool], tuple[str, float]] = {}

    def recall(self, key: tuple[str, str, bool]) -> str | None:
        token, expires = self._tokens.get(key, ("", 0.0))
        return token if expires - _TOKEN_MARGIN > time.time() else None

    def keep(self, key: tuple[str, str, bool], header: str) -> None:
        expires = _expiry(header)
        if expires:
            while len(self._tokens) >= _MOST_TOKENS:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[key] = (header, expires)


class _Remembering(SansIOHTTPPolicy[Any, Any]):
    """Sends a remembered token first, and remembers the one that the challenge brought."""

    def __init__(self, memory: TokenMemory) -> None:
        self._memory = memory

    def on_request(self, request: PipelineRequest[Any]) -> None:
        key = _key(request)
        header = self._memory.recall(key) if key else None
        if header:
            request.http_request.headers["Authorization"] = header

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        key, header = _key(request), request.http_request.headers.get("Authorization")
        if key and header and response.http_response.status_code < _REFUSED:
            self._memory.keep(key, header)


class AzureClients:
    """Clients of one identity. `arm_endpoint` and `audience` are those of the cloud in use."""

    def __init__(self, credential: TokenCredential, arm_endpoint: str, registry_audience: str) -> None:
        self._credential = credential
        self._arm_endpoint = arm_endpoint.rstrip("/")
        self._audience = registry_audience
        self._memory = TokenMemory()
        # One set of connections for every client: a new TLS context for each read costs more than the read.
        self._transport = RequestsTransport(session=requests.Session(), session_owner=False, **_PATIENCE)
        self._arm: dict[str, ContainerRegistryManagementClient] = {}

    def arm(self, registry: Registry) -> ContainerRegistryManagementClient:
        """The management client for the registry's subscription."""
        subscription = registry.subscription
        if subscription not in self._arm:
            self._arm[subscription] = ContainerRegistryManagementClient(
                self._credential,
                subscription,
                base_url=self._arm_endpoint,
                credential_scopes=[f"{self._arm_endpoint}/.default"],
                polling_interval=2,
                retry_policy=BoundedRetry(),
                permit_redirects=False,
                **_PATIENCE,
            )
        return self._arm[subscription]

    def data_plane(self, registry: Registry) -> ContainerRegistryClient:
        """A client for the registry's own login server, made anew each time: an old one sends dead tokens."""
        return ContainerRegistryClient(
            f"https://{registry.login_server}",
            self._credential,
            audience=self._audience,
            retry_policy=BoundedRetry(),
            per_retry_policies=[_Remembering(self._memory)],
            transport=self._transport,
            permit_redirects=False,
            **_PATIENCE,
        )


def _key(request: PipelineRequest[Any]) -> tuple[str, str, bool] | None:
    """Host, repository, and whether it writes: what an access token is good for."""
    _, _, rest = request.http_request.url.partition("://")
    host, _, path = rest.partition("/")
    if not path.startswith("acr/v1/"):
        return None
    repository = path.removeprefix("acr/v1/").partition("?")[0].partition("/")[0]
    return host, repository, request.http_request.method != "GET"


def _expiry(header: str) -> float:
    """When a bearer JWT expires, in seconds since the epoch; 0 for what is no JWT."""
    parts = header.removeprefix("Bearer ").split(".")
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=="), type=dict[str, Any])
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0
