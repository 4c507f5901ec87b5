"""Resource Manager, for what we have no SDK for: a GET, or a POST whose result takes its time."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling

from checks.adapters.azure_clients import NOT_LOGGED_IN, BoundedRetry
from checks.adapters.refusals import OTHER_TENANT, is_of_another_tenant, missing_right
from checks.evidence import Absent, Unreadable

_FORBIDDEN: Final = (401, 403)
_FAILED: Final = 400
_NOT_FOUND: Final = 404

type Json = Mapping[str, Any]


class Arm:
    """Calls of one identity. What is answered is a JSON object, or why there is none and which right is missing.

    azure-mgmt-network would be 30 MB for five calls. What it adds is not missed: among its policies is one that
    registers resource providers by itself, and that is a write.
    """

    def __init__(
        self, credential: TokenCredential, endpoint: str, *, patience: float = 120, polls_every: float = 3
    ) -> None:
        endpoint = endpoint.rstrip("/")
        self._patience = patience
        self._polls_every = polls_every
        self._home = urlsplit(endpoint).netloc
        self._client: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            endpoint,
            policies=[
                RequestIdPolicy(),
                UserAgentPolicy("push-medic"),
                BoundedRetry(),
                ARMChallengeAuthenticationPolicy(credential, f"{endpoint}/.default"),
            ],
            connection_timeout=5,
            read_timeout=20,
        )

    def get(self, path: str, version: str, right: str) -> Json | Unreadable:
        """What is at that path."""
        try:
            return self._json(self._send(HttpRequest("GET", path, params={"api-version": version})), right)
        except (AzureError, ValueError) as error:
            return _unreadable(error, right)

    def find(self, path: str, version: str, right: str) -> Json | Absent | Unreadable:
        """What is at that path, or that nothing is."""
        try:
            answer = self._send(HttpRequest("GET", path, params={"api-version": version}))
            return Absent() if answer.http_response.status_code == _NOT_FOUND else self._json(answer, right)
        except (AzureError, ValueError) as error:
            return _unreadable(error, right)

    def post(self, path: str, version: str, body: Json | None, right: str) -> Json | Unreadable:
        """The result of a POST, waited for as the SDKs do where it is a long-running operation."""
        try:
            begun = self._send(HttpRequest("POST", path, params={"api-version": version}, json=body))
            if begun.http_response.status_code >= _FAILED:
                raise HttpResponseError(response=begun.http_response)
            if not self._stays_here(begun):
                return Unreadable("Azure named a place outside Resource Manager for the result")
            polling = _BoundedPolling(self._polls_every, self._patience)
            poller: LROPoller[Json | Unreadable] = LROPoller(
                self._client, begun, lambda answer: self._json(answer, right), polling
            )
            return poller.result()
        except TimeoutError:
            return Unreadable(f"Azure had no result within {self._patience:.0f} s")
        except (AzureError, ValueError) as error:
            return _unreadable(error, right)

    def _send(self, request: HttpRequest) -> PipelineResponse[Any, Any]:
        request.url = self._client.format_url(request.url)
        answer: PipelineResponse[Any, Any] = self._client.send_request(
            request, _return_pipeline_response=True
        )
        return answer

    def _stays_here(self, answer: PipelineResponse[Any, Any]) -> bool:
        """Whether the links to the result lead back to Resource Manager, as our token goes with each of them."""
        headers = answer.http_response.headers
        links = [headers.get("Azure-AsyncOperation"), headers.get("Location")]
        return all(urlsplit(link).netloc == self._home for link in links if link)

    def _json(self, answer: PipelineResponse[Any, Any], right: str) -> Json | Unreadable:
        response = answer.http_response
        if response.status_code >= _FAILED:
            return _unreadable(HttpResponseError(response=response), right)
        found = response.json()
        return found if isinstance(found, dict) else Unreadable("Azure answered with no object")


class _BoundedPolling(ARMPolling):
    """The SDKs' polling, which ends by itself: neither a `Retry-After` nor an operation without end holds it up."""

    def __init__(self, polls_every: float, patience: float) -> None:
        super().__init__(polls_every, lro_options={"final-state-via": "location"})
        self._until = time.monotonic() + patience

    def _extract_delay(self) -> float:
        """How long to wait before asking again. Raises TimeoutError when the time is up."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(super()._extract_delay(), left)


def _unreadable(error: Exception, right: str) -> Unreadable:
    """Why there is no answer, in words that hold no secret, and the right that it needs if it was refused."""
    if isinstance(error, HttpResponseError) and error.status_code:
        if is_of_another_tenant(error):
            return OTHER_TENANT
        refused = error.status_code in _FORBIDDEN
        code = error.error.code if error.error and error.error.code else ""
        if error.status_code < _FAILED:
            return Unreadable(f"Azure began, and did not succeed: {code[:60] or 'it does not say why'}")
        said = f"Azure answered {error.status_code} {code[:60]}".rstrip()
        return Unreadable(said, missing_right(error, right) if refused else None)
    if isinstance(error, ClientAuthenticationError):
        return NOT_LOGGED_IN
    if isinstance(error, ValueError):
        return Unreadable("what answered for Azure is no JSON; a proxy's page, perhaps")
    return Unreadable(f"no answer from Azure ({type(error).__name__})")
