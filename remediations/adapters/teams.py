"""The Teams channel: a card posted to a workflow that was made with "Send webhook alerts to a channel".

The flow answers 202 when it has started, not when the card is in the channel; nothing can be asked
afterwards, and a second post is a second card.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from remediations.adapters.http_call import Answer, call
from remediations.cards import card, encoded
from remediations.model import Kind, Notice
from remediations.ports import Accepted, Delivery

_STARTED: Final = (HTTPStatus.OK, HTTPStatus.ACCEPTED)


class Teams:
    """One workflow. Its URL is the secret that lets anybody post, so nothing here ever shows it.

    `details_url` is the address under which an incident's id leads to its page.
    """

    desk: Final = False
    repeatable: Final = False

    def __init__(
        self, url: str, *, name: str = "teams", details_url: str | None = None, ca_bundle: str | None = None
    ) -> None:
        self.name = name
        self._url = url
        self._details_url = details_url
        self._ca_bundle = ca_bundle

    def send(self, message_id: str, notice: Notice) -> Delivery:  # noqa: ARG002  a card has no id
        body = encoded(card(notice, self._page(notice)))
        answer = call("POST", self._url, body=body, ca_bundle=self._ca_bundle)
        if not isinstance(answer, Answer):
            return answer
        return Accepted() if answer.status in _STARTED else answer.refused

    def _page(self, notice: Notice) -> str | None:
        if not self._details_url:
            return None
        everything = self._details_url.rstrip("/")
        about_many = notice.kind in (Kind.DIGEST, Kind.HEARTBEAT)
        return everything if about_many else f"{everything}/{quote(notice.incident, safe='')}"
