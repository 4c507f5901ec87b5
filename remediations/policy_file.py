"""`policy.yaml` in, a Policy out, or an error that names the file, the line and the reason."""

import hashlib
import re
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from checks.addresses import network_of
from remediations.policy import AllowAddressPermit, Policy, UnlockPermit

# Marks the one fact that msgspec tells only in its message: where in the document a value was wrong.
_AT_PATH: Final = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_UNKNOWN_KEY: Final = re.compile(r"unknown field `(?P<key>[^`]*)`")
_STEP: Final = re.compile(r"\.(?P<key>[A-Za-z_]\w*)|\[(?P<index>\d+|\.\.\.)\]")


class PolicyError(ValueError):
    """The policy is wrong. The message is `file:line: reason`."""


def parse_policy(text: str, name: str) -> Policy:
    """Read a policy strictly.

    Raises PolicyError for YAML that cannot be read, a key written twice, an unknown key, a wrong value, a
    permit whose range is not a public network, an issuer written twice, or a time zone that there is none of.
    `name` is the file's, for the message.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 1
        message = f"{name}:{line}: {broken.problem or broken}"
        raise PolicyError(message) from None
    except yaml.reader.ReaderError as broken:
        line = text.count("\n", 0, broken.position) + 1
        message = f"{name}:{line}: {broken.reason}"
        raise PolicyError(message) from None
    if root is None:
        message = f"{name}:1: the policy is empty; `version: 1` is the least there is"
        raise PolicyError(message)
    _plain(root, name)
    try:
        plain = yaml.safe_load(text)
        policy = msgspec.convert(plain, Policy)
    except (msgspec.ValidationError, yaml.YAMLError) as wrong:
        message = f"{name}:{_line_of(wrong, root)}: {_AT_PATH.sub('', str(wrong))}"
        raise PolicyError(message) from None
    _public_ranges_only(policy, root, name)
    _each_issuer_once(policy, root, name)
    _known_zone_only(policy, root, name)
    return policy


def policy_version(text: str) -> str:
    """A short name of exactly this policy, as records carry it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def policy_schema() -> dict[str, Any]:
    """The JSON schema of a policy, made from the very types that read it."""
    schema = msgspec.json.schema(Policy)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Push Medic policy",
        **schema,
    }


def _plain(node: yaml.Node, name: str, inside: tuple[yaml.Node, ...] = ()) -> None:
    """Raises PolicyError for what YAML allows and a policy has no use for.

    YAML lets a key be written twice and keeps the last, lets a key be a list and a part contain itself, and reads
    what looks like a date as one.
    """
    if node in inside:
        raise _refused(node, name, "it contains itself")
    if node.tag == "tag:yaml.org,2002:timestamp":
        raise _refused(node, name, f"`{node.value}` is read as a date; put it in quotes")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key, name, "a key is one word")
            if key.value in seen:
                raise _refused(key, name, f"`{key.value}` is written twice")
            seen.add(key.value)
            _plain(value, name, (*inside, node))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _plain(item, name, (*inside, node))


def _refused(node: yaml.Node, name: str, why: str) -> PolicyError:
    return PolicyError(f"{name}:{node.start_mark.line + 1}: {why}")


def _line_of(wrong: Exception, root: yaml.Node) -> int:
    """Where the value is that was wrong; for an unknown key, where that key is written."""
    at = _AT_PATH.search(str(wrong))
    node = _node(root, at["path"] if at else "")
    unknown = _UNKNOWN_KEY.search(str(wrong))
    if unknown and isinstance(node, yaml.MappingNode):
        node = next((key for key, _ in node.value if key.value == unknown["key"]), node)
    return node.start_mark.line + 1


def _node(root: yaml.Node, path: str) -> yaml.Node:
    """The deepest node that the path reaches."""
    node = root
    for step in _STEP.finditer(path):
        below = _below(node, step["key"], step["index"])
        if below is None:
            break
        node = below
    return node


def _below(node: yaml.Node, key: str | None, index: str | None) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and key:
        return next((value for found, value in node.value if found.value == key), None)
    if isinstance(node, yaml.SequenceNode) and index and index.isdecimal():
        return node.value[int(index)] if int(index) < len(node.value) else None
    return None


def _public_ranges_only(policy: Policy, root: yaml.Node, name: str) -> None:
    for number, permit in enumerate(policy.permits):
        match permit:
            case UnlockPermit():
                continue
            case AllowAddressPermit():
                for place, allowed in enumerate(permit.addresses):
                    if not network_of(allowed).is_global:
                        node = _node(root, f".permits[{number}].addresses[{place}]")
                        line = node.start_mark.line + 1
                        message = f"{name}:{line}: {allowed} is not a public IPv4 network"
                        raise PolicyError(message)


def _each_issuer_once(policy: Policy, root: yaml.Node, name: str) -> None:
    """A token is judged by the one entry of its issuer, and not by whichever of two would let it pass."""
    seen: set[str] = set()
    for number, trusted in enumerate(policy.issuers):
        if trusted.issuer in seen:
            node = _node(root, f".issuers[{number}].issuer")
            raise _refused(node, name, f"{trusted.issuer} is written twice")
        seen.add(trusted.issuer)


def _known_zone_only(policy: Policy, root: yaml.Node, name: str) -> None:
    hours = policy.notices.quiet_hours
    if hours:
        try:
            ZoneInfo(hours.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            node = _node(root, ".notices.quiet_hours.zone")
            raise _refused(node, name, f"{hours.zone} is no time zone") from None
