"""Effective routes: which one a packet follows."""

from checks.addresses import covered_by, network_of
from checks.evidence import Route, Routes


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
