"""What is around a registry: a network in good order on the way to it, and somebody who looks at it as a bot does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from checks.evidence import (
    Absent,
    Certificate,
    Challenge,
    Connection,
    Contact,
    Evidence,
    Groups,
    Handshake,
    Hop,
    Hops,
    Login,
    NoAnswer,
    NotAsked,
    Profile,
    Quotas,
    RegistrySettings,
    Resolution,
    Route,
    Routes,
    Unreadable,
    Usage,
    Vantage,
    Verdict,
    Way,
)
from checks.examination import Instruments
from checks.model import Registry

_SUBSCRIPTION: Final = "00000000-0000-0000-0000-00000000000a"
HOST: Final = "contoso.azurecr.io"
DATA_HOST: Final = "contoso.westeurope.data.azurecr.io"
PUBLIC: Final = "20.50.200.1"
PRIVATE: Final = "10.1.0.9"
CLIENT: Final = "10.1.0.4"
GROUP: Final = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/rg1/providers"
MACHINE: Final = f"{GROUP}/Microsoft.Compute/virtualMachines/build1"
SUBNET: Final = f"{GROUP}/Microsoft.Network/virtualNetworks/spoke/subnets/build"
TABLE: Final = f"{GROUP}/Microsoft.Network/routeTables/rt-spoke"
CERTIFICATE: Final = Certificate(
    issuer="Microsoft Corporation Microsoft Azure RSA TLS Issuing CA 04",
    names=("*.azurecr.io",),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 12, 1, tzinfo=UTC),
    public=True,
)
WAY: Final = Way(
    Resolution(HOST, (PUBLIC,)), Contact(HOST, f"{PUBLIC}:443"), Handshake(HOST, certificate=CERTIFICATE)
)
AROUND: Final[Mapping[str, Any]] = {
    "resolution": WAY.resolution,
    "contact": WAY.contact,
    "handshake": WAY.handshake,
    "challenge": Challenge(
        401, by_registry=True, scheme="bearer", realm=f"https://{HOST}/oauth2/token", at_home=True
    ),
    "groups": Groups(CLIENT, (Verdict(PUBLIC, allowed=True),)),
    "hops": Hops(CLIENT, (Hop(PUBLIC, "Internet"),)),
    "routes": Routes(f"{MACHINE}-nic", (Route(("0.0.0.0/0",), "Internet"),)),
    "connection": Connection(HOST, "Reachable"),
}
VANTAGE: Final = Vantage(MACHINE, MACHINE, f"{MACHINE}-nic", CLIENT, "/watcher")


class Seen:
    """An Azure, a network and a watcher in which everything is as the evidence says."""

    def __init__(self, world: Evidence) -> None:
        self.world = world
        self.vantage_seen: Vantage | Unreadable = VANTAGE
        self.ways: dict[str, Way] = {}
        self.asked: list[str] = []

    def instruments(self, patience: float = 5) -> Instruments:
        return Instruments(self, self, self, patience, patience)  # type: ignore[arg-type]

    def settings(self, _: Registry) -> RegistrySettings | Unreadable:
        return self.world.settings

    def usage(self, _: Registry) -> Usage | Unreadable:
        return self.world.usage

    def profile(self, _: Registry) -> Profile | Absent | Unreadable | NotAsked:
        return self.world.profile

    def quotas(self, _: Registry) -> Quotas | Unreadable | NotAsked:
        return self.world.quotas

    def repository(self, _: Registry, name: str) -> object:
        self.asked.append(f"repository {name}")
        return self.world.repository

    def tag(self, _: Registry, repository: str, tag: str) -> object:
        self.asked.append(f"tag {repository}:{tag}")
        return self.world.tag

    def manifest(self, _: Registry, repository: str, digest: str) -> object:
        self.asked.append(f"manifest {repository}@{digest[:9]}")
        return self.world.manifest

    def way(self, host: str) -> Way:
        self.asked.append(f"way {host}")
        if host != HOST:
            return self.ways.get(host, replace(WAY, resolution=Resolution(host, (PUBLIC,))))
        assert isinstance(self.world.resolution, Resolution)
        return Way(self.world.resolution, self.world.contact, self.world.handshake)

    def challenge(self, _: Registry) -> Challenge | NoAnswer | Unreadable | NotAsked:
        self.asked.append("challenge")
        return self.world.challenge

    def login(self, _: Registry, repository: str | None) -> Login | Unreadable | NotAsked:
        self.asked.append(f"login {repository}")
        return self.world.login

    def vantage(self, _: str) -> Vantage | Unreadable:
        return self.vantage_seen

    def groups(self, _: Vantage, destinations: Sequence[str]) -> Groups | Unreadable | NotAsked:
        self.asked.append(f"groups {' '.join(destinations)}")
        return self.world.groups

    def hops(self, _: Vantage, destinations: Sequence[str]) -> Hops | Unreadable | NotAsked:
        self.asked.append(f"hops {' '.join(destinations)}")
        return self.world.hops

    def routes(self, _: Vantage) -> Routes | Unreadable | NotAsked:
        return self.world.routes

    def connection(self, _: Vantage, host: str) -> Connection | Unreadable | NotAsked:
        self.asked.append(f"connection {host}")
        return self.world.connection
