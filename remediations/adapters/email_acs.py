"""The email channel through Azure Communication Services.

The message's id is the Operation-Id and part of the Message-ID, so that a mail that is sent again is one mail.
Nothing here waits: the service's own limits are per hour, and the outbox does the waiting.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from remediations.adapters.http_call import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    is_guarded,
    is_this_machine,
    refusal,
    retry_after,
)
from remediations.mails import Mail, mail
from remediations.model import Notice
from remediations.ports import Accepted, Dead, Delivery, Later, Unsure

if TYPE_CHECKING:
    from azure.communication.email import EmailClient
    from azure.core.credentials import AzureKeyCredential, TokenCredential
    from azure.core.exceptions import HttpResponseError

_API_VERSION: Final = "2025-09-01"
_ASK_AGAIN_AFTER: Final = 60
_MAYBE_KNOWN: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT)


class AcsEmail:
    """Mail from one sender to fixed recipients."""

    desk: Final = False
    repeatable: Final = True

    def __init__(
        self,
        endpoint: str,
        credential: "TokenCredential | AzureKeyCredential",
        sender: str,
        recipients: tuple[str, ...],
        *,
        name: str = "email",
        ca_bundle: str | None = None,
    ) -> None:
        self.name = name
        self._endpoint = endpoint.rstrip("/")
        self._credential = credential
        self._sender = sender
        self._recipients = recipients
        self._ca_bundle = ca_bundle
        self._made: EmailClient | None = None

    @property
    def domain(self) -> str:
        """The domain that mail is sent from."""
        return self._sender.rpartition("@")[2]

    def send(self, message_id: str, notice: Notice) -> Delivery:
        """Hand the notice over as a mail."""
        return self.hand_over(message_id, mail(notice, message_id, self.domain))

    def hand_over(self, message_id: str, written: Mail) -> Delivery:
        """Hand a mail over. The same `message_id` again is the same mail."""
        if not is_guarded(self._endpoint):
            return Dead("its address is neither https nor on this machine")
        from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

        try:
            self._client.begin_send(
                self._message(written), operation_id=message_id, polling=False, **self._options
            )
        except ServiceRequestError:
            return Later(_ASK_AGAIN_AFTER, "it could not be reached")
        except HttpResponseError as refused:
            return self._refusal(message_id, refused)
        except AzureError as lost:
            return Unsure(f"its answer was lost ({type(lost).__name__})")
        return Accepted(message_id)

    def _refusal(self, message_id: str, refused: "HttpResponseError") -> Delivery:
        """What a refusal means. A mail that the service has already is refused, too: then it is accepted."""
        from azure.core.exceptions import ClientAuthenticationError
        from azure.core.rest import HttpResponse

        answer = refused.response
        if not isinstance(answer, HttpResponse) and isinstance(refused, ClientAuthenticationError):
            return Later(_ASK_AGAIN_AFTER, f"no token could be had for it ({type(refused).__name__})")
        if not isinstance(answer, HttpResponse) or answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return Unsure(f"its answer could not be read ({type(refused).__name__})")
        if answer.status_code in _MAYBE_KNOWN and self._has(message_id):
            return Accepted(message_id)
        return refusal(answer.status_code, retry_after(answer.headers))

    def _has(self, message_id: str) -> bool:
        """Whether the service knows of this very mail. That it could not be asked counts as no."""
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        path = f"/emails/operations/{message_id}?api-version={_API_VERSION}"
        try:
            answer = self._client.send_request(HttpRequest("GET", path), **self._options)
        except AzureError:
            return False
        return answer.status_code == HTTPStatus.OK

    def _message(self, written: Mail) -> dict[str, Any]:
        message: dict[str, Any] = {
            "senderAddress": self._sender,
            "recipients": {"to": [{"address": address} for address in self._recipients]},
            "content": {"subject": written.subject, "plainText": written.text, "html": written.html},
            # Without this header the service puts an id of its own in the place of ours, and threads break.
            "headers": {**written.headers, "x-ms-acsemail-validate-message-id": "true"},
            "userEngagementTrackingDisabled": True,
        }
        return message

    @property
    def _client(self) -> "EmailClient":
        if self._made is None:
            from azure.communication.email import EmailClient

            # The SDK would sleep for as long as a Retry-After says, and a worker would be killed in its sleep.
            self._made = EmailClient(
                self._endpoint,
                self._credential,
                api_version=_API_VERSION,
                retry_total=0,
                permit_redirects=False,
                connection_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                connection_verify=self._ca_bundle or True,
            )
        return self._made

    @property
    def _options(self) -> dict[str, Any]:
        """The SDK sends no token over plain http unless it is told that this machine is meant."""
        from azure.core.credentials import AzureKeyCredential

        if isinstance(self._credential, AzureKeyCredential):
            return {}
        return {"enforce_https": not is_this_machine(urlsplit(self._endpoint).hostname or "")}
