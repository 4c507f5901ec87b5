"""A change that was made, and what is there now, in; the change that takes it back, out. Pure."""

from collections.abc import Sequence

from checks.evidence import Absent, Attributes, NotAsked, RegistrySettings, Unreadable
from remediations.model import LockChange, Released, RuleChange, Undone

type Now = Attributes | RegistrySettings | Absent | NotAsked | Unreadable
type Undoing = LockChange | RuleChange | Released | Undone | Unreadable


def undoing(change: LockChange | RuleChange, now: Now, *, begun: bool) -> Undoing:
    """How to take the change back, given what is there now.

    Only what the bot itself changed, and only if it is still as the bot left it. `begun` says that an undoing
    was begun before: then a target that is as it used to be was put back by the bot, else by a person.
    """
    match change, now:
        case _, Unreadable():
            return now
        case LockChange(), Attributes():
            return _lock_back(change, now, begun=begun)
        case RuleChange(), RegistrySettings():
            return _rule_out(change, now, begun=begun)
        case _:
            return Released(saw="it is gone")


def together(plans: Sequence[LockChange | RuleChange]) -> LockChange | RuleChange | None:
    """One write for all of them. Only rules of one registry, planned from one reading, can be taken out together."""
    rules = [plan for plan in plans if isinstance(plan, RuleChange)]
    if not rules:
        return next(iter(plans), None)
    gone = dict.fromkeys(rule for plan in rules for rule in plan.remove)
    return RuleChange(registry=rules[0].registry, before=rules[0].before, remove=tuple(gone))


def _lock_back(change: LockChange, now: Attributes, *, begun: bool) -> Undoing:
    if now.same_locks(change.after):
        return LockChange(
            registry=change.registry,
            target=change.target,
            before=now,
            write_enabled=change.before.write,
        )
    if now.same_locks(change.before):
        return Undone() if begun else Released(saw="somebody has locked it again")
    return Released(saw="somebody has changed its attributes")


def _rule_out(change: RuleChange, now: RegistrySettings, *, begun: bool) -> Undoing:
    ours = tuple(rule for rule in change.add if rule in now.ip_rules)
    if ours:
        return RuleChange(registry=change.registry, before=now.ip_rules, remove=ours)
    return Undone() if begun else Released(saw="somebody has removed the rule")
