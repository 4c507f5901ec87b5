"""The machines of the local Azure and the network around them, as a test wants to have them."""

import ipaddress
from dataclasses import dataclass, field
from typing import Any

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"


@dataclass
class SecurityRule:
    """One outbound rule of a security group."""

    name: str
    action: str
    destination: str = "0.0.0.0/0"
    port: str = "*"

    def matches(self, destination: str, port: str) -> bool:
        """Tell whether it is about that destination."""
        there = ipaddress.ip_address(destination) in ipaddress.ip_network(self.destination)
        return there and self.port in {"*", port}


@dataclass
class SecurityGroup:
    """A security group with its rules in order; the service's own rule at the end allows all that goes out."""

    name: str
    applied_to: str
    rules: list[SecurityRule] = field(default_factory=list)

    def rule_for(self, destination: str, port: str) -> SecurityRule:
        """Give the first rule that matches."""
        last = SecurityRule("DefaultRule_AllowInternetOutBound", "Allow")
        return next((rule for rule in self.rules if rule.matches(destination, port)), last)


@dataclass
class EffectiveRoute:
    """One route in force on the interface."""

    prefix: str
    hop: str
    address: str | None = None
    source: str = "User"


@dataclass
class Machine:
    """A virtual machine; `finds` is the address that its own DNS gives for every registry."""

    name: str = "build1"
    location: str = "westeurope"
    address: str = "10.1.0.4"
    scale_set: str | None = None
    running: bool = True
    agent: bool = True
    groups: list[SecurityGroup] = field(default_factory=list)
    routes: list[EffectiveRoute] = field(
        default_factory=lambda: [EffectiveRoute("0.0.0.0/0", "Internet", source="Default")]
    )
    route_table: str = "rt-spoke"
    appliance_passes: bool = True
    resolves: bool = True
    finds: str = "20.50.200.1"
    interface: str | None = None
    other_interfaces: tuple[str, ...] = ()
    subscription: str = SUBSCRIPTION

    @property
    def group(self) -> str:
        """Give what its own id and those of its network begin with."""
        return f"/subscriptions/{self.subscription}/resourceGroups/rg1/providers"

    @property
    def resource_id(self) -> str:
        """Give the machine's id in ARM."""
        home = f"{self.group}/Microsoft.Compute"
        if self.scale_set:
            home = f"{home}/virtualMachineScaleSets/{self.scale_set}"
        return f"{home}/virtualMachines/{self.name}"

    @property
    def interface_id(self) -> str:
        """Give the id of its network interface."""
        if self.scale_set:
            return f"{self.resource_id}/networkInterfaces/nic"
        name = self.interface or f"{self.name}-nic"
        return f"{self.group}/Microsoft.Network/networkInterfaces/{name}"

    @property
    def subnet_id(self) -> str:
        """Give the id of the subnet that it is in."""
        return f"{self.group}/Microsoft.Network/virtualNetworks/spoke/subnets/build"

    def route_to(self, destination: str) -> EffectiveRoute | None:
        """Give the narrowest route that holds the destination."""
        there = ipaddress.ip_address(destination)
        holding = [route for route in self.routes if there in ipaddress.ip_network(route.prefix)]
        return max(holding, key=lambda route: ipaddress.ip_network(route.prefix).prefixlen, default=None)


@dataclass
class Network:
    """The machines there are, and the regions that have a watcher."""

    machines: list[Machine] = field(default_factory=list)
    watched: set[str] = field(default_factory=lambda: {"westeurope"})
    polls: int = 1
    never_done: bool = False
    retry_after: int = 0
    result_elsewhere: str | None = None
    pending: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def add(self, **settings: Any) -> Machine:  # noqa: ANN401 - the machine's own fields
        """Add a machine."""
        machine = Machine(**settings)
        self.machines.append(machine)
        return machine

    def named(self, resource_id: str) -> Machine | None:
        """Give the machine whose id, or whose interface's id, that is."""
        low = resource_id.lower()
        return next(
            (one for one in self.machines if low in {one.resource_id.lower(), one.interface_id.lower()}), None
        )
