"""Effective routes: to which address a client's packets go, and which route they follow."""

from checks.addresses import covered_by, network_of
from checks.evidence import Connection, Resolution, Route, Routes


def registrys_address(connection: object, resolution: object) -> str | None:
    """The login server's address as the client's machine found it itself, if it tried to connect; else as seen here.

    With a private endpoint these are two.
    """
    found = connection.address if isinstance(connection, Connection) else None
    return found or first_address(resolution)


def first_address(resolution: object) -> str | None:
    """The first IPv4 address of a name, as which security groups and routes know it; else the first."""
    known = resolution.addresses if isinstance(resolution, Resolution) else ()
    return next((address for address in known if ":" not in address), known[0] if known else None)


def route_to(destination: str, routes: object) -> Route | None:
    """The route in force that holds the address, the narrowest first; None where no routes were read."""
    if not isinstance(routes, Routes):
        return None
    holding = [
        (network_of(prefix).prefixlen, route)
        for route in routes.routes
        for prefix in route.prefixes
        if route.active and covered_by(destination, (prefix,))
    ]
    return max(holding, key=lambda one: one[0])[1] if holding else None
