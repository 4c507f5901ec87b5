"""Network Watcher, asked about one machine: security groups, next hop, effective routes, a connection that it tries.

It only looks. The requests are those of azure-mgmt-network 33.1.0.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from azure.core.credentials import TokenCredential

from checks.adapters.arm import Arm, Json
from checks.evidence import (
    Connection,
    Denial,
    Groups,
    Hop,
    Hops,
    Issue,
    NotAsked,
    Route,
    Routes,
    Unreadable,
    Vantage,
    Verdict,
)
from checks.names import is_address_like, is_of_scale_set

_NETWORK: Final = "2026-03-01"
_COMPUTE: Final = "2024-07-01"
# Interfaces of scale set instances are served by the compute provider's own version of the network API.
_SCALE_SET_INTERFACE: Final = "2018-10-01"
_WATCHERS: Final = "Microsoft.Network/networkWatchers"
_INTERFACES: Final = "Microsoft.Network/networkInterfaces"
_HTTPS: Final = 443
_VERDICTS: Final = ("Allow", "Deny")
_STOPPED: Final = "the machine is not running: start it, and ask again"


class AzureNetworkWatcher:
    """Asks Network Watcher. Never raises for what Azure answers: it says why it could not see."""

    def __init__(
        self, credential: TokenCredential, endpoint: str, *, patience: float = 120, polls_every: float = 3
    ) -> None:
        self._arm = Arm(credential, endpoint, patience=patience, polls_every=polls_every)

    def vantage(self, origin: str) -> Vantage | Unreadable:
        """The machine's interface, its address, and the watcher of its region."""
        machine, interface = _parts(origin)
        location, stopped = "", False
        if machine:
            shown = self._arm.get(f"{machine}?$expand=instanceView", _COMPUTE, _read_right(machine))
            if isinstance(shown, Unreadable):
                return shown
            interface = interface or _first_interface(shown)
            location, stopped = str(shown.get("location", "")), _is_stopped(shown)
        if not interface:
            return Unreadable("the machine has no network interface")
        version = _SCALE_SET_INTERFACE if is_of_scale_set(interface) else _NETWORK
        card = self._arm.get(interface, version, _right_to_see(interface))
        if isinstance(card, Unreadable):
            return card
        address = _address(card)
        if not address:
            return Unreadable("the network interface has no private address")
        attached = card.get("properties", {}).get("virtualMachine", {}).get("id")
        watcher = self._watcher(origin.split("/")[2], location or str(card.get("location", "")))
        if isinstance(watcher, Unreadable):
            return watcher
        return Vantage(
            origin=origin,
            machine=machine or attached,
            interface=interface,
            address=address,
            watcher=watcher,
            stopped=stopped,
        )

    def groups(self, vantage: Vantage, destinations: Sequence[str]) -> Groups | Unreadable:
        """Which security groups allow the machine port 443 of each destination."""
        body = {
            "targetResourceId": vantage.interface,
            "verbosityLevel": "Normal",
            "profiles": [
                {
                    "direction": "Outbound",
                    "protocol": "TCP",
                    "source": vantage.address,
                    "destination": destination,
                    "destinationPort": str(_HTTPS),
                }
                for destination in destinations
            ],
        }
        answer = self._ask(vantage, "networkConfigurationDiagnostic", body)
        if isinstance(answer, Unreadable):
            return answer
        results = [_verdict(one) for one in answer.get("results") or ()]
        verdicts = tuple(verdict for verdict in results if verdict)
        if len(verdicts) < len(destinations):
            return Unreadable("Network Watcher gave no verdict on every destination")
        return Groups(vantage.address, verdicts)

    def hops(self, vantage: Vantage, destinations: Sequence[str]) -> Hops | Unreadable:
        """Where packets for each destination go next."""
        if vantage.machine is None:
            return Unreadable(
                "the network interface belongs to no machine, and next hop is asked of machines"
            )
        found = []
        for destination in destinations:
            body = {
                "targetResourceId": vantage.machine,
                "sourceIPAddress": vantage.address,
                "destinationIPAddress": destination,
                "targetNicResourceId": vantage.interface,
            }
            answer = self._ask(vantage, "nextHop", body)
            if isinstance(answer, Unreadable):
                return answer
            if not answer.get("nextHopType"):
                return Unreadable("Network Watcher named no next hop")
            found.append(_hop(destination, answer))
        return Hops(vantage.address, tuple(found))

    def routes(self, vantage: Vantage) -> Routes | Unreadable | NotAsked:
        """The routes in force on the interface, for which its machine must run. Of scale sets there are none to see."""
        if is_of_scale_set(vantage.interface):
            return NotAsked()
        if vantage.stopped:
            return Unreadable(_STOPPED)
        right = f"{_INTERFACES}/effectiveRouteTable/action"
        answer = self._arm.post(f"{vantage.interface}/effectiveRouteTable", _NETWORK, None, right)
        if isinstance(answer, Unreadable):
            return answer
        return Routes(vantage.interface, tuple(_route(one) for one in answer.get("value") or ()))

    def connection(self, vantage: Vantage, host: str) -> Connection | Unreadable:
        """What comes of connecting from the machine itself, where Network Watcher's agent runs on it."""
        if vantage.machine is None:
            return Unreadable("the network interface belongs to no machine that could try to connect")
        if vantage.stopped:
            return Unreadable(_STOPPED)
        name, _, port = host.partition(":")
        body = {
            "source": {"resourceId": vantage.machine},
            "destination": {"address": name, "port": int(port) if port.isdecimal() else _HTTPS},
            "protocol": "Tcp",
        }
        answer = self._ask(vantage, "connectivityCheck", body)
        if isinstance(answer, Unreadable):
            return answer
        status = str(answer.get("connectionStatus") or "Unknown")
        if status == "Unknown":
            return Unreadable("Network Watcher tried, and could not tell whether the machine can connect")
        return Connection(name, status, tuple(_issues(answer)), _destination(answer))

    def _ask(self, vantage: Vantage, operation: str, body: Json) -> Json | Unreadable:
        right = f"{_WATCHERS}/{operation}/action"
        return self._arm.post(f"{vantage.watcher}/{operation}", _NETWORK, body, right)

    def _watcher(self, subscription: str, location: str) -> str | Unreadable:
        """The watcher of that region, whatever its name and group are."""
        path = f"/subscriptions/{subscription}/providers/{_WATCHERS}"
        found = self._arm.get(path, _NETWORK, f"{_WATCHERS}/read")
        if isinstance(found, Unreadable):
            return found
        here = [one for one in found.get("value") or () if _same_region(one.get("location"), location)]
        if not here:
            return Unreadable(
                f"there is no Network Watcher in {location}; `az network watcher configure --enabled true "
                f"--locations {location} --resource-group NetworkWatcherRG` makes one"
            )
        return str(here[0]["id"])


def _parts(origin: str) -> tuple[str | None, str | None]:
    """The machine and the interface that a resource id names; either may be missing."""
    low = origin.lower()
    if "/providers/microsoft.compute/" not in low:
        return None, origin
    machine, _, _ = _split_at(origin, "/networkinterfaces/")
    return machine, origin if machine != origin else None


def _split_at(text: str, mark: str) -> tuple[str, str, str]:
    at = text.lower().find(mark)
    return (text, "", "") if at < 0 else (text[:at], mark, text[at + len(mark) :])


def _read_right(machine: str) -> str:
    if is_of_scale_set(machine):
        return "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read"
    return "Microsoft.Compute/virtualMachines/read"


def _right_to_see(interface: str) -> str:
    if is_of_scale_set(interface):
        return "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read"
    return f"{_INTERFACES}/read"


def _first_interface(machine: Json) -> str | None:
    """The primary interface, or the only one."""
    listed = machine.get("properties", {}).get("networkProfile", {}).get("networkInterfaces") or []
    primary = [one for one in listed if (one.get("properties") or {}).get("primary")]
    first = next(iter(primary or listed), None)
    return str(first["id"]) if first and first.get("id") else None


def _is_stopped(machine: Json) -> bool:
    """Whether Azure says that the machine is in another power state than running, or on its way to that."""
    shown = machine.get("properties", {}).get("instanceView") or {}
    codes = [str(one.get("code", "")) for one in shown.get("statuses") or ()]
    states = [code for code in codes if code.startswith("PowerState/")]
    return bool(states) and not set(states) & {"PowerState/running", "PowerState/starting"}


def _address(card: Json) -> str | None:
    """The primary private address, or the only one."""
    listed = [one.get("properties") or {} for one in card.get("properties", {}).get("ipConfigurations") or ()]
    primary = [one for one in listed if one.get("primary")]
    first = next(iter(primary or listed), None)
    address = first.get("privateIPAddress") if first else None
    return str(address) if address else None


def _same_region(one: object, other: str) -> bool:
    """Azure writes a region as `westeurope` or as `West Europe`."""
    return str(one or "").replace(" ", "").lower() == other.replace(" ", "").lower()


def _verdict(result: Json) -> Verdict | None:
    """The verdict, or None where the result says neither Allow nor Deny."""
    judged = result.get("networkSecurityGroupResult") or {}
    if judged.get("securityRuleAccessResult") not in _VERDICTS:
        return None
    evaluated = judged.get("evaluatedNetworkSecurityGroups") or ()
    return Verdict(
        destination=str((result.get("profile") or {}).get("destination", "")),
        allowed=judged["securityRuleAccessResult"] == "Allow",
        denials=tuple(
            Denial(
                group=str(group.get("networkSecurityGroupId", "")),
                rule=str(group["matchedRule"].get("ruleName", "")),
                applied_to=str(group.get("appliedTo", "")),
            )
            for group in evaluated
            if (group.get("matchedRule") or {}).get("action") == "Deny"
        ),
    )


def _hop(destination: str, answer: Json) -> Hop:
    return Hop(
        destination=destination,
        type=str(answer["nextHopType"]),
        address=answer.get("nextHopIpAddress") or None,
        table=answer.get("routeTableId") or None,
    )


def _route(route: Json) -> Route:
    return Route(
        prefixes=tuple(str(prefix) for prefix in route.get("addressPrefix") or ()),
        hop=str(route.get("nextHopType", "Unknown")),
        addresses=tuple(str(address) for address in route.get("nextHopIpAddress") or ()),
        source=str(route.get("source", "")),
        active=route.get("state") != "Invalid",
    )


def _destination(answer: Json) -> str | None:
    """The address that the machine itself found for the name: that of the last hop."""
    last: Json = (answer.get("hops") or [{}])[-1]
    address = str(last.get("address") or "")
    return address if last.get("type") != "Source" and is_address_like(address) else None


def _issues(answer: Json) -> Iterator[Issue]:
    for hop in answer.get("hops") or ():
        at = str(hop.get("resourceId") or hop.get("address") or hop.get("type") or "an unnamed hop")
        for issue in hop.get("issues") or ():
            told: list[dict[str, Any]] = [one for one in issue.get("context") or () if isinstance(one, dict)]
            detail = "; ".join(f"{name}: {value}" for one in told for name, value in one.items())
            yield Issue(type=str(issue.get("type", "Unknown")), at=at.rsplit("/", 1)[-1], detail=detail[:300])
