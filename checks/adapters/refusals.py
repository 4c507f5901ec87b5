"""The refusal of a registry's firewall, which is told from a missing right by its text alone."""

import re
from typing import Final

# The quotes come escaped, and escaped once more where the whole body is the message of another.
_DENIED: Final = re.compile(r"client with IP (?:'|\\+u0027)(?P<address>[0-9A-Fa-f:.]{2,45})")


def denied_address(body: str) -> str | None:
    """The client address that the firewall refused; None where it was not the firewall."""
    denied = _DENIED.search(body)
    return denied["address"] if denied else None
