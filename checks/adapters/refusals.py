"""Refusals that have the status of a missing right, and are none."""

import re
from typing import Any, Final

from azure.core.exceptions import HttpResponseError

from checks.evidence import Unreadable

# RFC 6750, section 3.1: a right that is missing is `insufficient_scope`. Only Resource Manager names where to log in.
_NOT_TAKEN: Final = ("authorization_uri=", 'error="invalid_token"')

OTHER_TENANT: Final = Unreadable(
    "Azure does not take this token", advice="Log in to the registry's tenant: `az login --tenant TENANT`."
)

# The quotes come escaped, and escaped once more where the whole body is the message of another.
_DENIED: Final = re.compile(r"client with IP (?:'|\\+u0027)(?P<address>[0-9A-Fa-f:.]{2,45})")


# "... does not have authorization to perform action 'Microsoft.Network/networkWatchers/read' over scope ..."
_ACTION: Final = re.compile(r"to perform action '(?P<action>[A-Za-z]+\.[A-Za-z]+(?:/[A-Za-z]+)+)'")


def missing_right(error: HttpResponseError, expected: str) -> str:
    """The action that Azure says is missing, else that which the call is known to need.

    They differ where a call is followed by others, as to the result of a long-running operation.
    """
    named = _ACTION.search(error.message or "")
    return named["action"] if named else expected


def denied_address(body: str) -> str | None:
    """The client address that the firewall refused; None where it was not the firewall."""
    denied = _DENIED.search(body)
    return denied["address"] if denied else None


def is_of_another_tenant(error: HttpResponseError) -> bool:
    """Whether the token itself was not taken: it is another tenant's or another cloud's, or its time is up."""
    response: Any = error.response
    challenge = response.headers.get("WWW-Authenticate", "") if response is not None else ""
    return all(sign in challenge for sign in _NOT_TAKEN)
