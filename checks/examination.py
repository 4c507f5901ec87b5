"""Subject in, evidence out: look at everything about a registry, and at the way there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import asdict, replace

from checks.addresses import covered_by
from checks.evidence import (
    Absent,
    Attributes,
    Challenge,
    Contact,
    DataEndpoints,
    Evidence,
    Handshake,
    Login,
    Looked,
    NoAnswer,
    NotAsked,
    Profile,
    Resolution,
    Routes,
    Unreadable,
    Vantage,
    Way,
)
from checks.frame import Subject
from checks.looks import Looks, Told
from checks.model import Registry, Value
from checks.ports import NetworkWatcher, Probes, RegistryExaminer
from checks.routes import first_address, registrys_address

_PATIENCE: Final = 30.0
# Network Watcher's operations are long-running: a connectivity check takes about a minute, and two others wait for it.
_WATCHERS_PATIENCE: Final = 240.0
# What is asked with the address that the check finds must not lose all its time to a check that does not end.
_CONNECTIONS_SHARE: Final = 2 / 3
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class Instruments:
    """What is looked with. Each look may take so many seconds; after that it counts as not answered.

    The way from here is five looks after each other at the most, and that from a machine takes all its patience once.
    """

    reader: RegistryExaminer
    probes: Probes
    watcher: NetworkWatcher | None = None
    patience: float = _PATIENCE
    watchers_patience: float = _WATCHERS_PATIENCE


def examine(
    registry: Registry, subject: Subject, instruments: Instruments, now: datetime, told: Told
) -> Evidence:
    """What there is to see of the registry from here. What depends on nothing else is looked at side by side."""
    reader, looks = instruments.reader, Looks(told, instruments.patience)
    settings = looks.begin("settings", lambda: reader.settings(registry))
    usage = looks.begin("storage", lambda: reader.usage(registry))
    quotas = looks.begin("limits", lambda: reader.quotas(registry))
    lock = looks.begin("locks", lambda: _repository(reader, registry, subject))
    tag = looks.begin("locks of the tag", lambda: _tag(reader, registry, subject))
    way = _way(registry, subject, instruments, looks)
    found, repository = tag(), lock()
    manifest = looks.begin("locks of the manifest", lambda: _manifest(reader, registry, subject, found))
    evidence = Evidence(
        read_at=now,
        settings=settings(),
        usage=usage(),
        repository=repository,
        tag=found,
        manifest=manifest(),
        quotas=quotas(),
    )
    return _seen_by_its_machine(replace(evidence, **asdict(way)), registry, subject, instruments, told)


def look_at_the_way(
    evidence: Evidence, registry: Registry, subject: Subject, instruments: Instruments
) -> Evidence:
    """The evidence with the way to the registry: from here, and from the subject's machine where it has one."""
    way = _way(registry, subject, instruments, Looks(_nobody, instruments.patience))
    return _seen_by_its_machine(replace(evidence, **asdict(way)), registry, subject, instruments, _nobody)


def _nobody(_: str) -> None:
    """Nobody watches."""


class _Door(Value, frozen=True):
    """The login server, as far as one gets in."""

    resolution: Resolution | Unreadable
    contact: Contact | NotAsked = NotAsked()
    handshake: Handshake | NotAsked = NotAsked()
    challenge: Challenge | NoAnswer | Unreadable | NotAsked = NotAsked()
    login: Login | Unreadable | NotAsked = NotAsked()


class _Way(_Door, frozen=True, kw_only=True):
    """The way from here to the registry, and what Resource Manager says of where it leads."""

    profile: Profile | Absent | Unreadable
    data_endpoints: DataEndpoints | Unreadable | NotAsked


def _way(registry: Registry, subject: Subject, instruments: Instruments, looks: Looks) -> _Way:
    profile = looks.begin("policies", lambda: instruments.reader.profile(registry))
    image = subject.image
    door = _door(registry, image.repository if image else None, instruments.probes, looks)
    endpoints = _data_endpoints(profile(), door.login, instruments.probes, looks)
    return _Way(profile=profile(), data_endpoints=endpoints, **asdict(door))


def _door(registry: Registry, repository: str | None, probes: Probes, looks: Looks) -> _Door:
    """Each step after the one before it has succeeded. Where the realm is elsewhere, no token goes out."""
    way = looks.begin("DNS, TCP and TLS", lambda: probes.way(registry.login_server))()
    if isinstance(way, Unreadable):
        return _Door(way)
    if way.obstacle:
        return _Door(way.resolution, way.contact, way.handshake)
    challenge = looks.begin("challenge", lambda: probes.challenge(registry))()
    login: Login | Unreadable | NotAsked = NotAsked()
    if isinstance(challenge, Challenge) and challenge.status == _UNAUTHORIZED and challenge.at_home:
        login = looks.begin("login", lambda: probes.login(registry, repository))()
    return _Door(way.resolution, way.contact, way.handshake, challenge, login)


def _data_endpoints(
    profile: Profile | Absent | Unreadable,
    login: Login | Unreadable | NotAsked,
    probes: Probes,
    looks: Looks,
) -> DataEndpoints | Unreadable | NotAsked:
    """The ways to the dedicated data endpoints, and to wherever the registry sent us for a layer."""
    if not isinstance(profile, Profile):
        return profile if isinstance(profile, Unreadable) else NotAsked()
    sent_to = login.blob_host if isinstance(login, Login) else None
    hosts = dict.fromkeys((*profile.data_endpoints, *((sent_to,) if sent_to else ())))
    if not hosts:
        return NotAsked()
    begun = [looks.begin(f"data endpoint {host}", _way_to(probes, host)) for host in hosts]
    ways = [look() for look in begun]
    late = [way for way in ways if isinstance(way, Unreadable)]
    return late[0] if late else DataEndpoints(tuple(way for way in ways if isinstance(way, Way)))


def _way_to(probes: Probes, host: str) -> Callable[[], Way]:
    return lambda: probes.way(host)


def _seen_by_its_machine(
    evidence: Evidence, registry: Registry, subject: Subject, instruments: Instruments, told: Told
) -> Evidence:
    """The evidence with what Network Watcher sees from the machine that pushes, where it is known which."""
    watcher, origin = instruments.watcher, subject.origin
    if watcher is None or origin is None:
        return evidence
    vantage = Looks(told, instruments.patience).begin("the machine", lambda: watcher.vantage(origin))()
    if isinstance(vantage, Unreadable):
        return replace(evidence, connection=vantage)
    looks = Looks(told, instruments.watchers_patience)
    sooner = Looks(told, instruments.watchers_patience * _CONNECTIONS_SHARE)
    host = registry.login_server
    connection = sooner.begin("connectivity check", lambda: watcher.connection(vantage, host))
    routes = looks.begin("effective routes", lambda: watcher.routes(vantage))

    def asked[T](ask: Callable[[Vantage, tuple[str, ...]], T]) -> T | Unreadable:
        there = _there(replace(evidence, connection=connection()))
        return ask(vantage, there) if there else _NOWHERE

    groups = looks.begin("security groups", lambda: asked(watcher.groups))
    hops = looks.begin("next hop", lambda: asked(watcher.hops))
    evidence = replace(evidence, connection=connection())
    return replace(evidence, routes=_leading(routes(), _there(evidence)), groups=groups(), hops=hops())


def _leading(
    routes: Routes | Unreadable | NotAsked, there: tuple[str, ...]
) -> Routes | Unreadable | NotAsked:
    """Those routes only that hold one of the addresses: an interface can have hundreds."""
    if not isinstance(routes, Routes):
        return routes
    held = tuple(
        route for route in routes.routes if any(covered_by(address, route.prefixes) for address in there)
    )
    return replace(routes, routes=held)


_NOWHERE: Final = Unreadable("the login server has no address here, so there is nothing to ask for")


def _there(evidence: Evidence) -> tuple[str, ...]:
    """One address of the login server and of each data endpoint."""
    of_data = evidence.data_endpoints.ways if isinstance(evidence.data_endpoints, DataEndpoints) else ()
    own = registrys_address(evidence.connection, evidence.resolution)
    found = (own, *(first_address(way.resolution) for way in of_data))
    return tuple(dict.fromkeys(address for address in found if address))


def _repository(reader: RegistryExaminer, registry: Registry, subject: Subject) -> Looked:
    return reader.repository(registry, subject.image.repository) if subject.image else NotAsked()


def _tag(reader: RegistryExaminer, registry: Registry, subject: Subject) -> Looked:
    image = subject.image
    return reader.tag(registry, image.repository, image.tag) if image and image.tag else NotAsked()


def _manifest(reader: RegistryExaminer, registry: Registry, subject: Subject, tag: Looked) -> Looked:
    image = subject.image
    digest = image and (image.digest or (tag.digest if isinstance(tag, Attributes) else None))
    return reader.manifest(registry, image.repository, digest) if image and digest else NotAsked()
