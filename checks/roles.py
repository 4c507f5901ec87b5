"""Which built-in role is the least that lets an identity do something in a registry.

https://learn.microsoft.com/azure/container-registry/container-registry-rbac-built-in-roles-directory-reference
"""

import re
from collections.abc import Iterable
from typing import Final

# What `az acr check-health` asks of an access token, in its order.
ACTIONS: Final = ("pull", "push", "metadata_write", "metadata_read", "delete")

_PLAIN: Final = re.compile(r"[\w.@-]+", re.ASCII)
_OF_ABAC: Final = {
    "pull": "Container Registry Repository Reader",
    "metadata_read": "Container Registry Repository Reader",
    "push": "Container Registry Repository Writer",
    "metadata_write": "Container Registry Repository Writer",
    "delete": "Container Registry Repository Contributor",
}
_OF_REGISTRY: Final = {
    "pull": "AcrPull",
    "metadata_read": "Reader",
    "push": "AcrPush",
    "delete": "AcrDelete",
    "metadata_write": "Contributor, or a custom role with Microsoft.ContainerRegistry/registries/metadata/write",
}


def least_role_to_push(*, abac: bool | None) -> str:
    """The role with which a push is taken; both, where nobody knows whether the registry is in ABAC mode."""
    pushing = ("pull", "push")
    if abac is None:
        return f"{least_role(pushing, abac=False)}, or in ABAC mode {least_role(pushing, abac=True)}"
    return least_role(pushing, abac=abac)


def least_role(actions: Iterable[str], *, abac: bool) -> str:
    """The role, or the roles together, with which these actions are permitted and as little else as there is.

    With ABAC each role holds what the one before it holds, so the strongest needed is enough.
    """
    asked = set(actions)
    roles = _OF_ABAC if abac else _OF_REGISTRY
    needed = list(dict.fromkeys(role for action, role in roles.items() if action in asked))
    if abac:
        return needed[-1]
    if "AcrPush" in needed and "AcrPull" in needed:
        needed.remove("AcrPull")  # whoever may push may pull
    return " and ".join(needed)


def grant(role: str, identity: str) -> str:
    """The command with which an owner gives that role in the registry. The bot gives nobody one."""
    whom = identity if _PLAIN.fullmatch(identity) else "ID"
    return f'`az role assignment create --assignee {whom} --role "{role}" --scope REGISTRY_ID`'
