"""What an operator allows. Nothing named is nothing permitted, and a fresh policy only rehearses."""

from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import IPv4Address
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from checks.addresses import network_of
from checks.model import Image, LockedObject, LockLevel, Proof

Duration = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,4}[smhd]$", description="Seconds, minutes, hours or days: `30m`, `8h`.")
]
Pattern = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="A name; `*` stands for any characters, `?` for one."),
]
Network = Annotated[
    str,
    Meta(
        pattern=r"^\d{1,3}(\.\d{1,3}){3}(/(1[6-9]|2[0-9]|3[0-2]))?$",
        description="A public IPv4 address, or a range of at most a /16.",
    ),
]
Share = Annotated[int, Meta(ge=1, le=99)]

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the policy: an unknown key is an error."""


class UnlockPermit(Strict, frozen=True, tag_field="remediation", tag="unlock"):
    """Lets the bot unlock, for a while, what has to be pushed to."""

    registries: Annotated[tuple[Pattern, ...], Meta(min_length=1, description="Registries by name.")]
    repositories: Annotated[tuple[Pattern, ...], Meta(min_length=1, description="Repositories in them.")]
    tags: Annotated[
        tuple[Pattern, ...],
        Meta(description="Tags; a push by digest alone is covered only by the pattern `*`."),
    ]
    levels: Annotated[
        tuple[LockLevel, ...], Meta(min_length=1, description="At which levels a lock may be lifted.")
    ]
    lasts: Annotated[
        Duration, Meta(description="The lock is put back after this time, or when the push has succeeded.")
    ]


class AllowAddressPermit(Strict, frozen=True, tag_field="remediation", tag="allow_address"):
    """Lets the bot add a client's address to a registry's network rules, for a while."""

    registries: Annotated[tuple[Pattern, ...], Meta(min_length=1, description="Registries by name.")]
    addresses: Annotated[
        tuple[Network, ...], Meta(min_length=1, description="The ranges that an address must be in.")
    ]
    lasts: Annotated[Duration, Meta(description="The rule is removed after this time.")]
    proof: Annotated[
        tuple[Proof, ...],
        Meta(
            min_length=1,
            description=(
                "What must stand behind the address: `registry_log`, the registry's own log named it; "
                "`same_address`, the report with the text came from it; `claimed`, a text says so."
            ),
        ),
    ] = (Proof.REGISTRY_LOG, Proof.SAME_ADDRESS)


type Permit = UnlockPermit | AllowAddressPermit


class Protected(Strict, frozen=True):
    """Images that stay locked whatever a permit says."""

    repositories: Annotated[tuple[Pattern, ...], Meta(min_length=1)] = ("*",)
    tags: Annotated[tuple[Pattern, ...], Meta(min_length=1)] = ("*",)


class Storm(Strict, frozen=True):
    """More than `changes` to one registry within `within` is a storm: the bot stops and asks."""

    changes: Annotated[int, Meta(ge=1, le=1000)] = 5
    within: Duration = "1h"


class Brakes(Strict, frozen=True):
    """What slows the bot down."""

    cooldown: Annotated[
        Duration, Meta(description="How long after a change the same failure is left to people.")
    ] = "15m"
    storm: Storm = Storm()
    open_changes: Annotated[
        int, Meta(ge=1, le=200, description="How many temporary changes may be open in one registry.")
    ] = 10


class Pause(Strict, frozen=True):
    """Stops every change. Diagnosis and notices go on."""

    why: Annotated[str, Meta(min_length=1, max_length=500)]
    by: Annotated[str, Meta(min_length=1, max_length=200)]


class StorageBands(Strict, frozen=True):
    """At which shares of the ceiling, in percent, a ticket is opened: one for each registry and band."""

    bands: Annotated[tuple[Share, ...], Meta(min_length=1, max_length=5)] = (80, 90, 95)


class Policy(Strict, frozen=True):
    """The whole policy. `version` is the version of this format."""

    version: Literal[1]
    rehearsal: Annotated[
        bool, Meta(description="Go through everything and write nothing. A fresh installation rehearses.")
    ] = True
    pause: Pause | None = None
    permits: tuple[Permit, ...] = ()
    protected: tuple[Protected, ...] = ()
    brakes: Brakes = Brakes()
    storage: StorageBands = StorageBands()


def span(duration: Duration) -> timedelta:
    """A policy's duration as a time span."""
    return timedelta(**{_UNITS[duration[-1]]: int(duration[:-1])})


def unlock_permit(policy: Policy, registry: str, locked: LockedObject, image: Image) -> UnlockPermit | None:
    """The first permit under which this lock may be lifted for this push."""
    for permit in policy.permits:
        match permit:
            case UnlockPermit() if (
                locked.level in permit.levels
                and _any(permit.registries, registry)
                and _any(permit.repositories, image.repository)
                and _any(permit.tags, image.tag or "")
            ):
                return permit
            case UnlockPermit() | AllowAddressPermit():
                continue
    return None


def address_permit(policy: Policy, registry: str, address: IPv4Address) -> AllowAddressPermit | None:
    """The first permit under which this address may be let in, whatever stands behind it."""
    for permit in policy.permits:
        match permit:
            case AllowAddressPermit() if _any(permit.registries, registry) and any(
                address in network_of(allowed) for allowed in permit.addresses
            ):
                return permit
            case UnlockPermit() | AllowAddressPermit():
                continue
    return None


def is_protected(policy: Policy, image: Image) -> bool:
    """Whether the image stays locked whatever a permit says."""
    return any(
        _any(rule.repositories, image.repository) and _any(rule.tags, image.tag or "")
        for rule in policy.protected
    )


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
