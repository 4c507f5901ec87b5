"""A rule stays as long as its failure is told of by whoever could prove it, and never past the policy's ceiling."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.evidence import RegistrySettings
from checks.incident import State
from checks.model import LockLevel, Proof
from remediations.extension import stays_until
from remediations.model import Extended, Reason, RuleChange, Stage, Undone
from remediations.pauses import Paused
from remediations.policy import Policy
from remediations.policy_file import parse_policy
from remediations.ports import Expire, Undo
from tests.worlds import ADDRESS, COLLEAGUE, FORBIDDEN, PERMISSIVE, USAGE, Bot, asking

HOUR = timedelta(hours=1)


def extending(at_most: str = "1d", more: str = "") -> Policy:
    """A policy under which a rule lasts for eight hours, and for longer while it is needed."""
    text = PERMISSIVE.replace("lasts: 8h", f"lasts: 8h\n    at_most: {at_most}")
    return parse_policy(text + more, "policy.yaml")


def let_in(policy: Policy | None = None) -> Bot:
    bot = Bot(policy or extending())
    bot.registry.deny(COLLEAGUE)
    bot.denied()
    bot.work()
    return bot


def again(bot: Bot, hours: int, proof: Proof = Proof.REGISTRY_LOG) -> None:
    """Hours later the same failure is told of once more, as of the minute in which it was mended."""
    bot.clock.advance(hours * HOUR)
    bot.denied(id=f"again-{bot.clock()}", proof=proof)
    bot.queue.take()
    bot.medic.incidents.settle(bot.incident.id, State.MENDED)


def rules(bot: Bot) -> tuple[str, ...]:
    settings = bot.registry.shown
    assert isinstance(settings, RegistrySettings)
    return settings.ip_rules


def test_a_rule_that_is_told_of_again_stays_for_its_full_time_from_then() -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == (COLLEAGUE, ADDRESS)
    assert bot.commitments[0].due_at == bot.incident.last_at + 8 * HOUR
    bot.pass_time(5 * 60)
    assert rules(bot) == (COLLEAGUE,)
    assert bot.outcomes()[-1] == Undone()


def test_each_extension_is_written_down_and_told_once() -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.pass_time(3 * 60 + 10)
    extended = [entry for entry in bot.story() if isinstance(entry, Extended)]
    assert extended == [Extended(bot.commitments[0].id, bot.incident.last_at + 8 * HOUR)]
    assert [title for title in bot.titles() if title.startswith("Still needed")] == [
        f"Still needed in contoso, so it stays a while longer: {ADDRESS} allowed"
    ]


def test_nothing_is_extended_past_the_ceiling_that_policy_sets() -> None:
    bot = let_in(extending("10h"))
    again(bot, hours=7)
    bot.pass_time(3 * 60 - 2)
    assert rules(bot) == (COLLEAGUE, ADDRESS)
    bot.pass_time(3)
    assert rules(bot) == (COLLEAGUE,)


def test_without_a_ceiling_nothing_is_ever_extended() -> None:
    bot = Bot()
    bot.registry.deny()
    bot.denied()
    bot.work()
    again(bot, hours=5)
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == ()


def test_whoever_can_only_claim_it_keeps_no_rule_open() -> None:
    bot = let_in()
    again(bot, hours=5, proof=Proof.CLAIMED)
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == (COLLEAGUE,)


def test_a_rule_of_an_incident_that_has_ended_is_not_extended() -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.medic.incidents.settle(bot.incident.id, State.CLOSED, "a person closed it")
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == (COLLEAGUE,)


@pytest.mark.parametrize(
    "stopped",
    [
        extending(more="pause: {why: a release, by: anna}\n"),
        replace(extending(), rehearsal=True),
        replace(extending(), permits=()),
        asking(),
    ],
    ids=["paused by policy", "rehearsing", "no longer permitted", "only with approval"],
)
def test_what_the_bot_may_not_do_alone_any_more_is_not_extended(stopped: Policy) -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.obey(stopped)
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == (COLLEAGUE,)


def test_a_bot_that_is_stopped_extends_nothing() -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.pauses.pause("contoso", "a release", "anna")
    bot.pass_time(3 * 60 + 1)
    assert rules(bot) == (COLLEAGUE,)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.VERIFIED])
def test_only_what_was_verified_is_extended(stage: Stage) -> None:
    bot = let_in()
    again(bot, hours=5)
    [commitment] = bot.commitments
    now = bot.clock()
    assert stays_until(commitment, bot.incident, extending(), None, now)
    assert stays_until(replace(commitment, stage=stage), bot.incident, extending(), None, now) is None


def test_what_a_person_agreed_to_for_a_certain_time_is_not_extended() -> None:
    bot = let_in()
    again(bot, hours=5)
    agreed = replace(bot.commitments[0], approval="contoso-1")
    assert stays_until(agreed, bot.incident, extending(), None, bot.clock()) is None
    paused = Paused(why="a drill", by="anna")
    assert stays_until(bot.commitments[0], bot.incident, extending(), paused, bot.clock()) is None


def test_a_lock_is_never_extended() -> None:
    bot = Bot(extending())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    assert stays_until(bot.commitments[0], bot.incident, extending(), None, bot.clock()) is None


def test_an_operator_who_takes_it_back_is_not_overruled() -> None:
    bot = let_in()
    again(bot, hours=5)
    bot.carry_out(Undo("contoso", bot.commitments[0].id, "anna asked for it"))
    assert rules(bot) == (COLLEAGUE,)


def many(count: int, policy: Policy | None = None) -> Bot:
    """A bot that has let in so many addresses, one each minute."""
    text = "brakes: {storm: {changes: 100}, open_changes: 100}\n"
    bot = Bot(policy or parse_policy(PERMISSIVE + text, "policy.yaml"))
    bot.registry.deny(COLLEAGUE)
    for number in range(count):
        bot.denied(id=f"row-{number}", address=f"52.138.231.{number + 1}")
        bot.work()
    return bot


def test_many_rules_whose_time_is_up_go_in_one_write() -> None:
    bot = many(20)
    before = len(bot.registry.writes)
    bot.clock.advance(8 * HOUR)
    bot.sweep()
    assert [command for command in bot.queue.commands if isinstance(command, Expire)] == [Expire("contoso")]
    bot.work()
    [write] = bot.registry.writes[before:]
    assert isinstance(write, RuleChange)
    assert len(write.remove) == 20
    assert rules(bot) == (COLLEAGUE,)
    assert {one.stage for one in bot.commitments} == {Stage.UNDONE}
    assert set(bot.states) == {State.CLOSED}
    assert sum(title.startswith("It is over") for title in bot.titles()) == 20


def test_of_many_rules_that_a_person_took_out_stays_out_and_the_rest_goes() -> None:
    bot = many(3)
    bot.registry.deny(*(rule for rule in rules(bot) if rule != "52.138.231.2"), "20.0.0.1")
    bot.pass_time(8 * 60 + 1)
    assert rules(bot) == (COLLEAGUE, "20.0.0.1")
    assert sorted(one.stage for one in bot.commitments) == [Stage.RELEASED, Stage.UNDONE, Stage.UNDONE]


def test_rules_that_cannot_be_read_wait() -> None:
    bot = many(2)
    bot.registry.unreadable["settings"] = FORBIDDEN
    bot.pass_time(8 * 60 + 1)
    bot.registry.unreadable.clear()
    bot.pass_time(6)
    assert rules(bot) == (COLLEAGUE,)


def test_a_registry_that_somebody_holds_is_swept_afterwards() -> None:
    bot = many(2)
    bot.clock.advance(8 * HOUR)
    with bot.medic.leases.hold("contoso"):
        bot.carry_out(Expire("contoso"))
        assert len(rules(bot)) == 3
    bot.pass_time(1)
    assert rules(bot) == (COLLEAGUE,)


def at_the_quota() -> Bot:
    """Two rules of the bot's and a colleague's, and there is room for no fourth."""
    bot = many(2)
    bot.registry.used = replace(USAGE, ip_rule_limit=3)
    return bot


def test_at_the_quota_rules_of_ours_whose_time_is_up_go_first() -> None:
    bot = at_the_quota()
    bot.clock.advance(8 * HOUR)
    bot.denied(id="a-new-one", address="52.138.231.77")
    bot.work()
    assert rules(bot) == (COLLEAGUE, "52.138.231.77")
    out, new = bot.registry.writes[2:]
    assert isinstance(out, RuleChange)
    assert sorted(out.remove) == ["52.138.231.1", "52.138.231.2"]
    assert str(new) == "add network rule 52.138.231.77"


def test_at_the_quota_where_nothing_of_ours_is_over_it_is_a_ticket() -> None:
    bot = at_the_quota()
    incident = bot.denied(id="a-new-one", address="52.138.231.77")
    bot.work()
    assert len(rules(bot)) == 3
    told = bot.people.notices[-1]
    assert told.ticket_key == incident.id.removesuffix("-1")
    assert ("Not mended because", "all 3 network rules are in use") in told.facts
    assert Reason.RULE_QUOTA_FULL in str(bot.story(incident))
