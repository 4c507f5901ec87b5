"""What an operator allows. Nothing named is nothing permitted, and a fresh policy only rehearses."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import IPv4Address
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from checks.addresses import network_of
from checks.model import CauseName, Image, LockedObject, LockLevel, Proof
from remediations.model import Kind, Severity

Duration = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,4}[smhd]$", description="Seconds, minutes, hours or days: `30m`, `8h`.")
]
Pattern = Annotated[
    str,
    Meta(min_length=1, max_length=255, description="A name; `*` stands for any characters, `?` for one."),
]
Digest = Annotated[
    str, Meta(pattern=r"^sha256:[0-9a-f]{64}$", description="A manifest by its digest: `sha256:…`.")
]
Network = Annotated[
    str,
    Meta(
        pattern=r"^\d{1,3}(\.\d{1,3}){3}(/(1[6-9]|2[0-9]|3[0-2]))?$",
        description="A public IPv4 address, or a range of at most a /16.",
    ),
]
Share = Annotated[int, Meta(ge=1, le=99)]
AsksFirst = Annotated[
    bool, Meta(description="Ask a person before each change. Without it, the bot acts alone.")
]
ChannelName = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="A channel by name: `teams`, `email`.")
]
ClockTime = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="A time of day: `22:00`.")
]
IssuerUrl = Annotated[
    str,
    Meta(
        pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$",
        max_length=255,
        description="An https URL in lower case, without a query; for an issuer, exactly as its tokens write it.",
    ),
]
OwnedPattern = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._*?/-]+$",
        max_length=255,
        description="`owner/name`; the owner is spelled out, and in the name `*` stands for any characters.",
    ),
]
PipelinePattern = Annotated[
    str,
    Meta(
        pattern=r"^(p|sc)://[A-Za-z0-9._-]+/[^/*?\[\]]+/[^\[\]]+$",
        max_length=512,
        description=(
            "`p://organisation/project/pipeline`, or `sc://organisation/project/connection`; only in the last "
            "part `*` stands for any characters."
        ),
    ),
]
ExactName = Annotated[
    str,
    Meta(pattern=r"^[^*?\[\]\s]+$", max_length=255, description="Exactly this; nothing in it is a pattern."),
]
Age = Annotated[
    str,
    Meta(
        pattern=r"^([1-9][0-9]{0,2}[sm]|([1-9]|1[0-9]|2[0-4])h)$",
        description="Seconds, minutes or hours, at most a day: `90s`, `15m`, `1h`.",
    ),
]

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
    approval: AsksFirst = False


class AllowAddressPermit(Strict, frozen=True, tag_field="remediation", tag="allow_address"):
    """Lets the bot add a client's address to a registry's network rules, for a while."""

    registries: Annotated[tuple[Pattern, ...], Meta(min_length=1, description="Registries by name.")]
    addresses: Annotated[
        tuple[Network, ...], Meta(min_length=1, description="The ranges that an address must be in.")
    ]
    lasts: Annotated[Duration, Meta(description="The rule is removed after this time.")]
    at_most: Annotated[
        Duration | None,
        Meta(
            description=(
                "As long as the same failure is told of with the same proof, the rule stays for `lasts` from then, "
                "but never longer than this from when it was made. Without it, no rule is ever extended, and one "
                "that a person approved never is."
            )
        ),
    ] = None
    proof: Annotated[
        tuple[Proof, ...],
        Meta(
            min_length=1,
            description=(
                "What must stand behind the address: `registry_log`, the registry's own log named it; `oidc`, "
                "a job that `issuers` names proved who it is and reported from it; `same_address`, the report "
                "with the text came from it; `claimed`, a text says so."
            ),
        ),
    ] = (Proof.REGISTRY_LOG, Proof.VERIFIED_JOB)
    approval: AsksFirst = False

    def asks_for(self, proof: Proof) -> bool:
        """Whether that much is enough. A job that proved who it is does report from the same address."""
        implied = (Proof.SAME_ADDRESS,) if proof is Proof.VERIFIED_JOB else ()
        return any(one in self.proof for one in (proof, *implied))


type Permit = UnlockPermit | AllowAddressPermit


class Issuer(Strict, frozen=True, kw_only=True, tag_field="service"):
    """Whose tokens count. A token must be for `audience`, not too old, and of one of the jobs that are named."""

    issuer: IssuerUrl
    audience: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            description="Whom the token must be for, and nobody else. A value that only this bot uses is best.",
        ),
    ]
    registries: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, description="The registries that these jobs may speak for.")
    ]
    max_age: Annotated[Age, Meta(description="How long after it was issued a token is still taken.")] = "15m"
    keys_url: Annotated[
        IssuerUrl | None,
        Meta(description="Where the keys are, for an issuer that keeps them on another host than its own."),
    ] = None


class GitHubActions(Issuer, frozen=True, tag="github_actions"):
    """Jobs of GitHub Actions."""

    repositories: Annotated[tuple[OwnedPattern, ...], Meta(min_length=1, description="`owner/name`.")]
    refs: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, description="`refs/heads/main`; all if left out.")
    ] = ("*",)
    workflows: Annotated[
        tuple[Pattern, ...],
        Meta(
            min_length=1,
            description="`owner/name/.github/workflows/push.yml@refs/heads/main`; all if left out.",
        ),
    ] = ("*",)


class AzureDevOpsPipelines(Issuer, frozen=True, tag="azure_devops"):
    """Jobs of Azure Pipelines. The audience of their tokens is always `api://AzureADTokenExchange`."""

    pipelines: Annotated[tuple[PipelinePattern, ...], Meta(min_length=1)]
    repositories: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, description="Repositories by their id; all if left out.")
    ] = ("*",)
    refs: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, description="`refs/heads/main`; all if left out.")
    ] = ("*",)


class GitLabCi(Issuer, frozen=True, tag="gitlab"):
    """Jobs of GitLab CI/CD. Their tokens are issued when the job starts, so `max_age` has to cover the job."""

    projects: Annotated[tuple[OwnedPattern, ...], Meta(min_length=1, description="`group/project`.")]
    refs: Annotated[
        tuple[Pattern, ...], Meta(min_length=1, description="`branch:main` or `tag:v1`; all if left out.")
    ] = ("*",)


class EntraId(Issuer, frozen=True, tag="entra"):
    """Applications and managed identities, by their own tokens; never a person who uses an application."""

    applications: Annotated[tuple[ExactName, ...], Meta(description="Applications by client id.")] = ()
    subjects: Annotated[tuple[ExactName, ...], Meta(description="Principals by the token's `sub`.")] = ()


type TrustedIssuer = GitHubActions | AzureDevOpsPipelines | GitLabCi | EntraId


class Protected(Strict, frozen=True):
    """Images that stay locked whatever a permit says; without tags and digests, everything in the repositories."""

    repositories: Annotated[tuple[Pattern, ...], Meta(min_length=1)] = ("*",)
    tags: Annotated[
        tuple[Pattern, ...],
        Meta(
            description="Tags, and with each the manifest that it is on and the lock of its whole repository."
        ),
    ] = ()
    digests: Annotated[
        tuple[Digest, ...],
        Meta(description="Manifests that are pinned somewhere, and the tags that are on them."),
    ] = ()


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
    """At which shares of the ceiling, in percent, people are told, on one ticket for each registry.

    Besides, they are told of a registry that is half full and may be full within 60 days.
    """

    bands: Annotated[tuple[Share, ...], Meta(min_length=1, max_length=5)] = (80, 90, 95)


class Route(Strict, frozen=True):
    """Which notices go to which channels. One that fits several routes goes to the channels of all of them."""

    channels: Annotated[
        tuple[ChannelName, ...],
        Meta(min_length=1, description="Channels by the names that the settings give them."),
    ]
    registries: Annotated[tuple[Pattern, ...], Meta(min_length=1, description="Registries by name.")] = ("*",)
    causes: Annotated[tuple[CauseName, ...], Meta(description="Causes; all if left out.")] = ()
    severities: Annotated[
        tuple[Severity, ...], Meta(description="How much is wanted of the reader; all if left out.")
    ] = ()
    outcomes: Annotated[tuple[Kind, ...], Meta(description="What the notice says; all if left out.")] = ()


class QuietHours(Strict, frozen=True):
    """While they last, what is not urgent waits; then it comes as one digest."""

    begin: ClockTime
    end: ClockTime
    zone: Annotated[
        str, Meta(max_length=64, description="A time zone of the IANA database: `Europe/Berlin`.")
    ] = "UTC"


class Notices(Strict, frozen=True):
    """Who is told of what, and when. Without routes, everybody of everything."""

    routes: Annotated[tuple[Route, ...], Meta(description="What fits none of them goes everywhere.")] = ()
    quiet_hours: QuietHours | None = None
    per_hour: Annotated[
        int,
        Meta(
            ge=1,
            le=60,
            description="More than this to one channel within an hour come as a digest, unless urgent.",
        ),
    ] = 10
    heartbeat: Annotated[
        bool, Meta(description="Once a week a sign of life to every channel, so that a dead one is noticed.")
    ] = True


class Policy(Strict, frozen=True):
    """The whole policy. `version` is the version of this format."""

    version: Literal[1]
    rehearsal: Annotated[
        bool, Meta(description="Go through everything and write nothing. A fresh installation rehearses.")
    ] = True
    pause: Pause | None = None
    permits: tuple[Permit, ...] = ()
    issuers: Annotated[
        tuple[TrustedIssuer, ...],
        Meta(description="Whose tokens prove which job sent a report. Without one, no token does."),
    ] = ()
    protected: tuple[Protected, ...] = ()
    brakes: Brakes = Brakes()
    storage: StorageBands = StorageBands()
    notices: Notices = Notices()


def span(duration: Duration) -> timedelta:
    """A policy's duration as a time span."""
    return timedelta(**{_UNITS[duration[-1]]: int(duration[:-1])})


def unlock_permit(policy: Policy, registry: str, locked: LockedObject, image: Image) -> UnlockPermit | None:
    """The first permit under which this lock may be lifted for this push."""
    for permit in policy.permits:
        match permit:
            case UnlockPermit() if (
                locked.level in permit.levels
                and is_any(permit.registries, registry)
                and is_any(permit.repositories, image.repository)
                and is_any(permit.tags, image.tag or "")
            ):
                return permit
            case UnlockPermit() | AllowAddressPermit():
                continue
    return None


def address_permit(
    policy: Policy, registry: str, address: IPv4Address, proof: Proof | None = None
) -> AllowAddressPermit | None:
    """The first permit under which this address may be let in, and which is content with that proof.

    Where none is content with it, the first that covers the address, so that people hear what it asks for: one
    permit may act alone for a job that proved who it is, and another ask a person about everybody else.
    """
    covering = [
        permit
        for permit in policy.permits
        if isinstance(permit, AllowAddressPermit)
        and is_any(permit.registries, registry)
        and any(address in network_of(allowed) for allowed in permit.addresses)
    ]
    content = [permit for permit in covering if proof and permit.asks_for(proof)]
    return next(iter(content or covering), None)


def is_for(issuer: TrustedIssuer, registry: str) -> bool:
    """Whether the issuer's jobs may speak for the registry."""
    return is_any(issuer.registries, registry)


def is_protected(policy: Policy, repository: str, tags: Iterable[str], digests: Iterable[str]) -> bool:
    """Whether any of these tags and manifests of a repository stays locked whatever a permit says."""
    tags, digests = tuple(tags), tuple(digests)
    return any(
        not (rule.tags or rule.digests)
        or any(is_any(rule.tags, tag) for tag in tags)
        or any(digest in rule.digests for digest in digests)
        for rule in _protecting(policy, repository)
    )


def protects_within(policy: Policy, repository: str) -> bool:
    """Whether anything in the repository is protected, so that the lock of the whole repository guards it, too."""
    return any(_protecting(policy, repository))


def _protecting(policy: Policy, repository: str) -> Iterator[Protected]:
    return (rule for rule in policy.protected if is_any(rule.repositories, repository))


def is_any(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of the patterns is of that name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
