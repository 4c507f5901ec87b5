"""One HTTP call to a service that is told something: what it answered, or why there is no answer.

No redirects, short timeouts, only https (and loopback), and the URL, which may be a secret, is in no result,
no exception and no log line.
"""

import ipaddress
import logging
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from checks.model import Value
from remediations.ports import Dead, Later, Unsure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

CONNECT_TIMEOUT: Final = 3
READ_TIMEOUT: Final = 10
_ASK_AGAIN_AFTER: Final = 60
_COME_BACK: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_PROBLEM_OF_THE_SERVER: Final = 500


class Answer(Value, frozen=True):
    """What the service answered, whatever it was. `headers` are by their names in small letters."""

    status: int
    body: bytes
    retry_after: int
    headers: dict[str, str]

    @property
    def refused(self) -> Later | Dead:
        """What an answer that is no success means for a message."""
        return refusal(self.status, self.retry_after)


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    content_type: str = "application/json",
    authorization: str | None = None,
    headers: "Mapping[str, str] | None" = None,
    ca_bundle: str | None = None,
) -> Answer | Later | Dead | Unsure:
    """The answer. Later: nothing was sent. Unsure: something was sent, and the answer was lost."""
    if not is_guarded(url):
        return Dead("its address is neither https nor on this machine")
    import requests

    _keep_addresses_out_of_logs()
    sent = {"Content-Type": content_type, "Accept": "application/json", **(headers or {})}

    def authorize(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        if authorization:
            request.headers["Authorization"] = authorization
        return request

    try:
        # With an `auth` of ours, requests does not put a password from ~/.netrc in its place.
        answer = requests.request(
            method,
            url,
            data=body,
            headers=sent,
            auth=authorize,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            verify=ca_bundle or True,
        )
    except requests.ConnectionError as failure:
        if _is_early(failure):
            return Later(_ASK_AGAIN_AFTER, f"it could not be reached ({type(failure).__name__})")
        return Unsure("the connection was lost before the answer came")
    except requests.Timeout:
        return Unsure(f"no answer came within {READ_TIMEOUT} s")
    except requests.RequestException as failure:
        return Unsure(f"its answer could not be read ({type(failure).__name__})")
    named = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status_code, answer.content, retry_after(answer.headers), named)


def refusal(status: int, seconds: int) -> Later | Dead:
    """What a status that is no success means for a message."""
    why = f"it answered {status}{_phrase(status)}"
    if status in _COME_BACK or status >= _PROBLEM_OF_THE_SERVER:
        return Later(seconds, why)
    return Dead(why)


def retry_after(headers: "Mapping[str, str]") -> int:
    """The seconds that the service asks to wait: given as a number, as a date, or not at all."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return int(asked[:9])
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return _ASK_AGAIN_AFTER
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, int((moment - datetime.now(UTC)).total_seconds()))


def is_guarded(url: str) -> bool:
    """Whether what is sent there can be read by nobody on the way: https, or this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (parts.scheme == "https" and bool(host)) or (parts.scheme == "http" and is_this_machine(host))


def is_this_machine(host: str) -> bool:
    """Whether the host is a loopback address, by number or by its usual name."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_early(failure: "requests.ConnectionError") -> bool:
    """Whether the connection failed before anything of the request was sent."""
    from urllib3.exceptions import (
        ConnectTimeoutError,
        MaxRetryError,
        NewConnectionError,
        ProxyError,
        SSLError,
    )

    gave_up = failure.args[0] if failure.args else None
    match gave_up.reason if isinstance(gave_up, MaxRetryError) else None:
        case NewConnectionError() | ConnectTimeoutError() | ProxyError():
            return True
        case SSLError(args=(ssl.SSLCertVerificationError(), *_)):
            return True
        case _:
            return False


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _keep_addresses_out_of_logs() -> None:
    """urllib3 writes every path and query to its log, but at DEBUG only."""
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry"):
        log = logging.getLogger(name)
        if log.getEffectiveLevel() < logging.INFO:
            log.setLevel(logging.INFO)
