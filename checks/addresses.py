"""Client addresses: which one a text means, and which network rule covers it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import Final

_LONGEST: Final = 64


def client_in(text: str) -> str | None:
    """The address of the client that a text names, or None; without the port and the brackets it may come with.

    An IPv4 client of a socket for both families is that IPv4 client. An address with a zone is nobody's who comes
    over a network, and what follows its % is any text.
    """
    if len(text) > _LONGEST or "%" in text:
        return None
    host, _, port = text.rpartition(":")
    for candidate in (text, host if port.isdecimal() else ""):
        try:
            address = ip_address(candidate.removeprefix("[").removesuffix("]"))
        except ValueError:
            continue
        return str((isinstance(address, IPv6Address) and address.ipv4_mapped) or address)
    return None


def covered_by(address: str, rules: Iterable[str]) -> str | None:
    """The first rule that contains the address, or None. Rules and addresses that are not IPv4 cover nothing."""
    client = _ipv4(address)
    if client is None:
        return None
    return next((rule for rule in rules if client in network_of(rule)), None)


def network_of(rule: str) -> IPv4Network:
    """The network that a rule names: a bare address is its own /32. What is no IPv4 network is an empty one."""
    try:
        network = ip_network(rule, strict=False)
    except ValueError:
        return _NOWHERE
    return network if isinstance(network, IPv4Network) else _NOWHERE


def _ipv4(text: str) -> IPv4Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address if isinstance(address, IPv4Address) else None


# 255.255.255.255 is nobody's client address (RFC 919), so this network holds none.
_NOWHERE = IPv4Network("255.255.255.255/32")
