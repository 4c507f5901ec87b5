"""What Azure says an identity may do, in; what it lacks, out.

https://learn.microsoft.com/azure/role-based-access-control/role-definitions
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

_REPOSITORY_DATA: Final = "Microsoft.ContainerRegistry/registries/repositories/"


class Grant(msgspec.Struct, frozen=True, rename="camel"):
    """What one role assignment permits, and what it leaves out of that. `*` stands for anything."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


def lacking(needed: Iterable[str], grants: tuple[Grant, ...]) -> tuple[str, ...]:
    """Those of the actions that no grant permits. What one leaves out, another may permit all the same."""
    return tuple(action for action in needed if not any(_permits(grant, action) for grant in grants))


def _permits(grant: Grant, action: str) -> bool:
    if action.startswith(_REPOSITORY_DATA):
        return _any(grant.data_actions, action) and not _any(grant.not_data_actions, action)
    return _any(grant.actions, action) and not _any(grant.not_actions, action)


def _any(patterns: tuple[str, ...], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE)
        for pattern in patterns
    )
