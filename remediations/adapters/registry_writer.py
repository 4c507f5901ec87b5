"""The one door through which a registry is changed. Only the writer's identity comes through here."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpResponse
from azure.mgmt.containerregistry.models import (
    IPRule,
    NetworkRuleSet,
    RegistryPropertiesUpdateParameters,
    RegistryUpdateParameters,
)
from azure.mgmt.containerregistry.models import Registry as AzureModel

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_registry import AZURE_ERRORS, AzureRegistry, unreadable
from checks.evidence import Absent, Attributes, NotAsked, Unreadable
from checks.model import LockLevel, Registry
from remediations.model import Applied, Change, Failed, LockChange, Moved, RuleChange

_TRIES: Final = 3
_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0
# Whatever is sent again is read and compared again first: azure-core's own retries would send the old list once more.
_SENT_ONCE: Final[dict[str, Any]] = {"retry_total": 0}
_SETTLES_WITHIN: Final = 60
# Azure says of these that the request was not carried out, or was and the answer was lost: look, then try again.
_TRY_AGAIN: Final = (408, 409, 429, 500, 502, 503, 504)
_REFUSED: Final = 400
_FORBIDDEN: Final = (401, 403)
REGISTRY_WRITE: Final = "Microsoft.ContainerRegistry/registries/write"
METADATA_WRITE: Final = "Microsoft.ContainerRegistry/registries/metadata/write"


@dataclass(frozen=True)
class _Again:
    """Nobody can say yet what came of it. The service may have asked to wait so many seconds."""

    seconds: float = 0.0


class AzureRegistryWriter:
    """Makes changes by reading, comparing, writing, and reading again.

    The registry's PATCH replaces the whole array of rules and knows no ETag, so the caller holds the lease.
    """

    def __init__(self, clients: AzureClients, pause: Callable[[float], None] = time.sleep) -> None:
        self._clients = clients
        self._reader = AzureRegistry(clients)
        self._pause = pause

    def apply(
        self, registry: Registry, change: Change, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed:
        """Make the change, as `RegistryWriter` promises."""
        asked = 0.0
        for attempt in range(_TRIES):
            if attempt:
                self._pause(max(_PAUSE * attempt, min(asked, _LONGEST_PAUSE)))
            result = self._try(registry, change, hold, may_be_made=may_be_made or attempt > 0)
            if not isinstance(result, _Again):
                return result
            asked = result.seconds
        return Failed("Azure took none of three tries, or lost its answers", settled=False)

    def _try(
        self, registry: Registry, change: Change, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed | _Again:
        """What came of one try."""
        match change:
            case LockChange():
                return self._lock(registry, change, hold, may_be_made=may_be_made)
            case RuleChange():
                return self._rules(registry, change, hold, may_be_made=may_be_made)

    def _lock(
        self, registry: Registry, change: LockChange, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed | _Again:
        now = self._attributes(registry, change)
        if not isinstance(now, Attributes):
            return Moved(saw="it is gone") if isinstance(now, Absent | NotAsked) else _not_read(now)
        if now.same_locks(change.after):
            return Applied() if may_be_made else Moved(saw="somebody has made this very change")
        if not now.same_locks(change.before):
            return Moved(saw="somebody has changed its attributes")
        hold()
        sent = self._attempted(lambda: self._set_write(registry, change), METADATA_WRITE)
        if isinstance(sent, Failed):
            return sent
        after = self._attributes(registry, change)
        return Applied() if isinstance(after, Attributes) and after.same_locks(change.after) else sent

    def _attributes(
        self, registry: Registry, change: LockChange
    ) -> Attributes | Absent | NotAsked | Unreadable:
        target = change.target
        match target.level:
            case LockLevel.REPOSITORY:
                return self._reader.repository(registry, target.repository)
            case LockLevel.TAG:
                return self._reader.tag(registry, target.repository, target.reference or "")
            case LockLevel.MANIFEST:
                return self._reader.manifest(registry, target.repository, target.reference or "")

    def _set_write(self, registry: Registry, change: LockChange) -> None:
        """Only the given attribute is sent, so the others stay as they are."""
        target, write = change.target, change.write_enabled
        with self._clients.data_plane(registry) as client:
            match target.level:
                case LockLevel.REPOSITORY:
                    client.update_repository_properties(target.repository, can_write=write, **_SENT_ONCE)
                case LockLevel.TAG:
                    client.update_tag_properties(
                        target.repository, target.reference or "", can_write=write, **_SENT_ONCE
                    )
                case LockLevel.MANIFEST:
                    client.update_manifest_properties(
                        target.repository, target.reference or "", can_write=write, **_SENT_ONCE
                    )

    def _rules(
        self, registry: Registry, change: RuleChange, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed | _Again:
        found = self._model(registry)
        if isinstance(found, Unreadable):
            return _not_read(found)
        rules = found.network_rule_set
        now = _addresses(rules)
        if rules is None:
            return Moved(saw="the registry has no network rules any more")
        if _made(change, now):
            return Applied() if may_be_made else Moved(saw="somebody has made this very change")
        if now != change.before:
            return Moved(saw="somebody has changed the network rules")
        rules.ip_rules = _after(rules, change)
        hold()
        sent = self._attempted(lambda: self._patch(registry, rules), REGISTRY_WRITE)
        if isinstance(sent, Failed):
            return sent
        after = self._model(registry)
        made = not isinstance(after, Unreadable) and _made(change, _addresses(after.network_rule_set))
        return Applied() if made else sent

    def _model(self, registry: Registry) -> AzureModel | Unreadable:
        try:
            return self._clients.arm(registry).registries.get(registry.resource_group, registry.name)
        except AZURE_ERRORS as error:
            return unreadable(error, "Microsoft.ContainerRegistry/registries/read")

    def _patch(self, registry: Registry, rules: NetworkRuleSet) -> None:
        """Send the rule set as it was read, with our edit: what this SDK does not know goes back unharmed."""
        arm = self._clients.arm(registry)
        update = RegistryUpdateParameters(
            properties=RegistryPropertiesUpdateParameters(network_rule_set=rules)
        )
        begun = arm.registries.begin_update(registry.resource_group, registry.name, update, **_SENT_ONCE)
        begun.result(_SETTLES_WITHIN)

    @staticmethod
    def _attempted(write: Callable[[], None], right: str) -> Failed | _Again:
        """Why the write was refused for good; else it was made, or may have been, or may be tried again."""
        try:
            write()
        except HttpResponseError as error:
            status = error.status_code
            # The SDK raises for a 202, too: it knows no update of a registry that is carried out later.
            if status is None or status < _REFUSED or status in _TRY_AGAIN:
                return _Again(_asked_to_wait(error))
            return Failed(f"Azure answered {status}", missing_right=right if status in _FORBIDDEN else None)
        except AZURE_ERRORS:
            return _Again()
        return _Again()


def _asked_to_wait(error: HttpResponseError) -> float:
    answer = error.response
    asked = answer.headers.get("Retry-After", "") if isinstance(answer, HttpResponse) else ""
    return float(asked) if asked.isdecimal() else 0.0


def _not_read(now: Unreadable) -> Failed | _Again:
    """A read that was refused ends it; one that was lost is tried again."""
    return Failed(now.why, missing_right=now.missing_right) if now.missing_right else _Again()


def _addresses(rules: NetworkRuleSet | None) -> tuple[str, ...]:
    return tuple(rule.ip_address_or_range for rule in (rules.ip_rules if rules else None) or ())


def _made(change: RuleChange, now: tuple[str, ...]) -> bool:
    return all(rule in now for rule in change.add) and not any(rule in now for rule in change.remove)


def _after(rules: NetworkRuleSet, change: RuleChange) -> list[IPRule]:
    kept = [rule for rule in rules.ip_rules or () if rule.ip_address_or_range not in change.remove]
    return kept + [IPRule(ip_address_or_range=rule, action="Allow") for rule in change.add]
