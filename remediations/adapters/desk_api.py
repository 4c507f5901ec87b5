"""The web API of a ticket desk: a question in, and its answer read strictly, or what no answer means for a message."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

from remediations.adapters.http_call import Answer, call
from remediations.ports import Dead, Later, NoAnswer, Unsure

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_SOON: Final = 30
# Where a desk sends whom it does not know.
_SIGN_IN_PAGES: Final = (HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.FOUND)
_GOOD: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT)


class Nothing(msgspec.Struct, frozen=True):
    """What is read of an answer that says no more than that it went well."""


class DeskApi:
    """One desk's API under one address. The secret goes only there, and is in nothing that comes back.

    `meaning` says what an answer means where that desk has ways of its own.
    """

    def __init__(
        self,
        url: str,
        authorization: Callable[[], str],
        *,
        headers: Mapping[str, str] | None = None,
        meaning: Callable[[Answer], NoAnswer | None] = lambda _: None,
        ca_bundle: str | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._authorization = authorization
        self._headers = headers
        self._meaning = meaning
        self._ca_bundle = ca_bundle

    def ask[T](
        self,
        method: str,
        path: str,
        kind: type[T],
        body: object = None,
        content_type: str = "application/json",
    ) -> T | NoAnswer:
        """What the desk answered, as far as we rely on it."""
        answer = self._call(method, path, body, content_type)
        if not isinstance(answer, Answer):
            return answer
        if special := self._meaning(answer):
            return special
        if answer.status in _SIGN_IN_PAGES:
            return Dead("it wants somebody to sign in: it does not know our credential")
        if answer.status not in _GOOD:
            return answer.refused
        try:
            return msgspec.json.decode(answer.body or b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Unsure("its answer could not be read")

    def _call(self, method: str, path: str, body: object, content_type: str) -> Answer | NoAnswer:
        from azure.core.exceptions import AzureError

        try:
            authorization = self._authorization()
        except AzureError as failure:
            return Later(_SOON, f"no token could be had for it ({type(failure).__name__})")
        return call(
            method,
            f"{self._url}/{path}",
            body=None if body is None else msgspec.json.encode(body),
            content_type=content_type,
            authorization=authorization or None,
            headers=self._headers,
            ca_bundle=self._ca_bundle,
        )


def bearer(credential: "TokenCredential", scope: str) -> Callable[[], str]:
    """The header of an identity, with a token that is fresh each time."""
    return lambda: f"Bearer {credential.get_token(scope).token}"


def basic(user: str, password: str) -> Callable[[], str]:
    """The header of a user with a password or a token."""
    import base64

    return lambda: f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
