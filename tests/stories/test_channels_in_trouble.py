"""A channel in trouble delays no repair and loses no message."""

import time
from pathlib import Path

import pytest

from remediations.message import State
from tests.installation import PERMISSIVE, Installation
from tests.local_azure import LocalAzure, Registry, delay, status
from tests.local_azure.faults import Effect


def is_mended(azure: LocalAzure, contoso: Registry, bot: Installation) -> bool:
    """A push is refused by a lock; whether the lock is lifted before anybody is told."""
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    azure.take_events()
    azure.push(contoso, "team/app", "v1", b"new")
    bot.stream()
    bot.host.pump("respond")
    return contoso.attributes("team/app", "v1").write_enabled


@pytest.mark.parametrize("effect", [status(410), status(500), delay(2)], ids=["gone", "failing", "slow"])
def test_a_channel_that_is_gone_failing_or_slow_delays_no_repair(
    azure: LocalAzure, contoso: Registry, bot: Installation, effect: Effect
) -> None:
    azure.faults.add(path="/workflows/", effect=effect, times=1)
    began = time.monotonic()
    assert is_mended(azure, contoso, bot)
    assert not azure.teams_posts
    assert time.monotonic() - began < 60
    bot.work()
    assert len(azure.mails) >= 1


def test_what_a_dead_channel_did_not_take_the_other_tells_and_says_so(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.faults.add(path="/workflows/", effect=status(410))
    assert is_mended(azure, contoso, bot)
    bot.work()
    [dead] = [message for message in bot.app.outbox.undelivered() if message.channel == "teams"]
    assert (dead.state, dead.then) == (State.DEAD, "email")
    assert any(
        "“teams” did not take this message" in mail.message["content"]["plainText"] for mail in azure.mails
    )


def test_policy_sends_what_it_routes_where_it_says_and_holds_the_rest_of_the_night(
    azure: LocalAzure, contoso: Registry, bot: Installation, policy: Path
) -> None:
    routes = "notices: {routes: [{channels: [email], outcomes: [mended]}]}"
    policy.write_text(f"{PERMISSIVE}\n{routes}\n")
    assert is_mended(azure, contoso, bot)
    bot.work()
    assert (len(azure.teams_posts), len(azure.mails)) == (0, 1)
