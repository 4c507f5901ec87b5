"""The grammars of what Azure and OCI name. Text from outside is nothing until it has passed one of these."""

import re
from typing import Final

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY: Final = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_REGISTRY_ID: Final = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourcegroups/[\w.()-]{1,90}"
    r"/providers/microsoft\.containerregistry/registries/[a-z0-9]{5,50}",
    re.IGNORECASE | re.ASCII,
)
_IN_GROUP: Final = r"/subscriptions/[0-9a-f-]{36}/resourcegroups/[\w()-][\w.()-]{0,89}/providers"
_NAME: Final = r"\w[\w.-]{0,79}"
_MACHINE_ID: Final = re.compile(
    rf"{_IN_GROUP}/microsoft\.(?:"
    rf"compute/virtualmachines/{_NAME}"
    rf"|compute/virtualmachinescalesets/{_NAME}/virtualmachines/{_NAME}(?:/networkinterfaces/{_NAME})?"
    rf"|network/networkinterfaces/{_NAME})",
    re.IGNORECASE | re.ASCII,
)
_HOST: Final = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,9}(?::[0-9]{1,5})?")
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.\[\]%/]{2,64}")
_LONGEST_REPOSITORY: Final = 255


def is_repository(text: str) -> bool:
    """Whether `text` is a repository name: lower case, at most 255 characters."""
    return len(text) <= _LONGEST_REPOSITORY and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Whether `text` is a tag."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether `text` is a sha256 or sha512 digest."""
    return _DIGEST.fullmatch(text) is not None


def is_registry_id(text: str) -> bool:
    """Whether `text` is the resource id of a container registry, in whatever case."""
    return _REGISTRY_ID.fullmatch(text) is not None


def is_machine_id(text: str) -> bool:
    """Whether `text` is the resource id of a virtual machine, of one in a scale set, or of a network interface."""
    return _MACHINE_ID.fullmatch(text) is not None


def place_of(machine_id: str) -> str:
    """What machines in the same place of a network share: their scale set's resource id; else the machine's own."""
    low = machine_id.lower()
    scale_set, _, _ = low.partition("/virtualmachines/")
    return scale_set if is_of_scale_set(low) else low


def is_of_scale_set(resource_id: str) -> bool:
    """Whether it is a machine of a scale set, or the network interface of one."""
    return "/virtualmachinescalesets/" in resource_id.lower()


def is_host(text: str) -> bool:
    """Whether `text` is the name of a host, with or without a port."""
    return _HOST.fullmatch(text) is not None


def is_address_like(text: str) -> bool:
    """Whether `text` has only the characters of an address. Whether a rule may name it is decided elsewhere."""
    return _ADDRESS.fullmatch(text) is not None
