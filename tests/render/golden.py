"""Every kind of notice, its card and its mail as they are today: `python -m tests.render.golden` writes them anew.

What the bot really says is played in memory; a change of it shows as a change of these files.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from checks.intake.event_grid import Pushed
from checks.model import CauseName, Image, LockLevel, Symptom
from remediations.cards import card
from remediations.digest import digest
from remediations.mails import mail
from remediations.model import Failed, Notice
from remediations.sweep import say_hello
from tests.examined import ILL
from tests.memory import START
from tests.surroundings import MACHINE
from tests.worlds import COLLEAGUE, NEW, Bot, asking, permissive, push_refused

FOLDER = Path(__file__).parents[1] / "fixtures" / "notices"
DETAILS = "https://bot.example/api/incidents"


def notices() -> Iterator[tuple[str, Notice]]:
    """One notice of each kind, by name."""
    bot = _locked(Bot())
    yield "mended", bot.people.notices[-1]
    bot.pass_time(1)
    bot.pushed(Pushed("contoso", Image("team/app", "v1", NEW), bot.clock()))
    bot.work()
    yield "over", bot.people.notices[-1]
    yield "needs_you", _locked(Bot(permissive("protected: [{tags: [v1]}]\n"))).people.notices[-1]
    yield "asks", _locked(Bot(asking())).people.notices[-1]
    yield "rehearsed", _locked(Bot(replace(permissive(), rehearsal=True))).people.notices[-1]
    refused = Bot()
    refused.registry.refusal = Failed("Azure answered 403", missing_right="some/right")
    yield "failed", _locked(refused).people.notices[-1]
    denied = Bot()
    denied.registry.deny()
    denied.registry.rule(COLLEAGUE)
    denied.denied()
    denied.work()
    yield "allowed", denied.people.notices[-1]
    cut_off = Bot()
    cut_off.around.world = replace(ILL["security group"], connection=ILL["cannot connect"].connection)
    timed_out = push_refused(
        START, symptom=Symptom.UNREACHABLE, said=CauseName.CONNECTIVITY_TIMEOUT, address=None
    )
    cut_off.report(replace(timed_out, origin=MACHINE, excerpt="dial tcp 20.50.200.1:443: i/o timeout"))
    cut_off.work()
    yield "unreachable", cut_off.people.notices[-1]
    say_hello(bot.medic)
    bot.work()
    yield "heartbeat", bot.people.notices[-1]
    held = [notice for notice in (*bot.people.notices, *denied.people.notices) if notice.quoted == ""]
    yield "digest", digest("teams", "2026-03-01T13:00", held, "quiet hours", START + timedelta(hours=1))


def _locked(bot: Bot) -> Bot:
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    return bot


def as_told(notice: Notice) -> dict[str, Any]:
    """The card and the mail of a notice, as they are sent."""
    written = mail(notice, "00000000-0000-5000-8000-000000000000", "notify.contoso.com")
    return {
        "card": card(notice, f"{DETAILS}/{notice.incident}"),
        "mail": {"subject": written.subject, "text": written.text.splitlines(), "headers": written.headers},
    }


def main() -> None:
    """Write every file anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, notice in notices():
        told = json.dumps(as_told(notice), indent=2, ensure_ascii=False, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(f"{told}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
