"""The fewest calls with which one lock repair could be made, as careful as ours and with the same two identities.

Each line says why it cannot be left out. Whoever finds one fewer should change this page, and then the bot.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from bench.wire import Place


@dataclass(frozen=True)
class Need:
    """Calls that cannot be left out, and why not."""

    place: Place
    calls: int
    why: str


# Every repair, however warm.
_ALWAYS: Final = (
    Need(
        Place.REGISTRY, 3, "reader: the attributes of repository, tag and manifest; the API has no joint read"
    ),
    Need(Place.ARM, 2, "reader: settings (quarantine) and usages (ceiling); a 405 may be theirs as well"),
    Need(Place.REGISTRY, 1, "writer: read what is about to be changed, because there is no ETag"),
    Need(Place.REGISTRY, 1, "writer: PATCH writeEnabled"),
    Need(Place.REGISTRY, 1, "writer: read back, because the answer of a PATCH is not yet what a push meets"),
    Need(Place.REGISTRY, 1, "reader: look again, with the check's own evidence: the one lock that was found"),
    Need(Place.TABLES, 1, "the incident"),
    Need(Place.TABLES, 2, "take the lease: read it, replace it under its ETag"),
    Need(Place.TABLES, 1, "the registry's changes: one query serves the brakes and finds an earlier attempt"),
    Need(Place.TABLES, 1, "the pauses: one query finds those of everything and of this registry"),
    Need(Place.TABLES, 1, "the journal so far, for the digest that the next record carries"),
    Need(Place.TABLES, 1, "the journal up to 'about to', in one transaction of its partition"),
    Need(Place.TABLES, 1, "the commitment, before anything is written to Azure"),
    Need(Place.TABLES, 1, "renew the lease under the ETag that taking it gave"),
    Need(Place.TABLES, 1, "the commitment, verified, under the ETag that its insertion gave"),
    Need(Place.TABLES, 1, "the journal: what came of it"),
    Need(Place.TABLES, 1, "the incident, mended, under the ETag that reading it gave"),
    Need(Place.TABLES, 1, "give the lease back under the ETag that renewing it gave"),
)
# For each channel by which people are told.
_CHANNEL: Final = (
    Need(Place.TABLES, 1, "the message, in the outbox"),
    Need(Place.QUEUES, 1, "the command to send it"),
)
# The first repair of a process' life. Tokens live for hours (Entra) and for 75 minutes (one repository).
_COLD: Final = (
    Need(Place.TOKENS, 2, "reader: Entra tokens for ARM and for the registry"),
    Need(Place.TOKENS, 1, "writer: an Entra token for the registry"),
    Need(Place.TOKENS, 2, "reader, writer: exchange it for a refresh token of the registry"),
)
_NEW_REPOSITORY: Final = (
    Need(Place.TOKENS, 2, "reader, writer: an access token, whose scope is one repository"),
)


def minimum(channels: int, *, cold: bool, new_repository: bool) -> Counter[Place]:
    """The fewest calls, by whom they go to."""
    needs = (
        *_ALWAYS,
        *_CHANNEL * channels,
        *(_COLD if cold else ()),
        *(_NEW_REPOSITORY if cold or new_repository else ()),
    )
    calls: Counter[Place] = Counter()
    for need in needs:
        calls[need.place] += need.calls
    return calls
