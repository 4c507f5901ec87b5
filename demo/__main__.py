"""Plays the stories, tells them, and writes the pages. The exit status is 1 if one did not end as told."""

import importlib.metadata
import platform
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from demo import blocked_address, full_registry, locked_tag
from demo.leaks import leaks
from demo.pages import Pages
from demo.people import Inbox
from demo.stage import POLICY, Stage, stage
from demo.telling import NotAsTold, Story, Terminal
from remediations.doctor_text import as_text
from tests.host.azurite import ROOT, AzuriteMissing

OUTPUT: Final = ROOT / "demo-output"

type Tell = Callable[[Stage, Story], None]

_STORIES: Final[tuple[tuple[str, str, str, Tell], ...]] = (
    (
        "locked-tag",
        "A locked tag",
        "A pipeline must push to a tag that somebody locked, and the policy lets it be unlocked for a while.",
        locked_tag.tell,
    ),
    (
        "blocked-address",
        "A blocked address",
        "A build agent comes from an address that the registry's firewall does not know, and reports it itself.",
        blocked_address.tell,
    ),
    (
        "full-registry",
        "A nearly full registry",
        "Storage fills up. This is never mended automatically: people get one ticket, and it hears of each band.",
        full_registry.tell,
    ),
)


def main() -> int:
    """Play everything."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    terminal, pages = Terminal(sys.stdout), Pages(OUTPUT)
    begun = time.monotonic()
    terminal.line("Starting Azurite, the local Azure and the Functions worker …")
    try:
        with stage() as on_stage:
            stories = [_play(on_stage, terminal, pages, *each) for each in _STORIES]
            pages.write_status(on_stage.bot.app)
            pages.write_month()
            pages.write_notices()
            checkup = "\n".join(as_text(on_stage.bot.app.doctor(lambda _: None, send_test=False)))
            index = pages.write_index(POLICY.read_text(), checkup, _played(on_stage), datetime.now(UTC))
            leaking = tuple(leaks(OUTPUT, on_stage.azure))
    except AzuriteMissing as missing:
        terminal.line(str(missing), look="bad")
        return 1
    except KeyboardInterrupt:
        terminal.line("Stopped; nothing is left running.")
        return 130
    broken = [story.title for story in stories if story.broken]
    proofs = sum(len(story.proven) for story in stories)
    terminal.line()
    if broken:
        terminal.line(f"Not as told: {', '.join(broken)}.", look="bad", mark="✗ ")
    else:
        seconds = time.monotonic() - begun
        told = f"{len(stories)} stories ended as told, and {proofs} assertions held"
        terminal.line(f"{told}; {seconds:.0f} s.", look="good", mark="✓ ")
    if leaking:
        terminal.line(
            f"Something that opens something stands in {', '.join(leaking)}.", look="bad", mark="✗ "
        )
    else:
        terminal.line(
            "No token, key or password stands in anything that was written.", look="good", mark="✓ "
        )
    terminal.line(f"Look at {index.relative_to(ROOT)}: every step, the cards and mails, the journals.")
    return 1 if broken or leaking else 0


def _play(
    on_stage: Stage, terminal: Terminal, pages: Pages, name: str, title: str, about: str, tell: Tell
) -> Story:
    """Tell one story; one that breaks off is written down as far as it went, and costs no other."""
    story, inbox = Story(name, title, about, terminal), Inbox(on_stage.azure)
    app = on_stage.bot.app
    known = {incident.id for registry in app.registries for incident in app.incidents.of(registry)}
    try:
        tell(on_stage, story)
        story.part("People were told")
        told = inbox.told()
        story.proves(bool(told.cards), f"{len(told.cards)} cards reached the Teams channel")
        story.proves(len(told.mails) == len(told.cards), f"{len(told.mails)} mails were sent")
        story.ended()
    except NotAsTold as broken:
        story.ended(str(broken))
    except Exception as surprise:  # noqa: BLE001 - one story is a border
        story.ended(f"{type(surprise).__name__}: {surprise}")
    incidents = [one.id for registry in app.registries for one in app.incidents.of(registry)]
    journals = {incident: app.journal.read(incident) for incident in incidents if incident not in known}
    page = pages.write(story, inbox.told(), journals)
    problems = [problem for card in page.cards for problem in card.problems]
    if problems and not story.broken:
        story.ended(f"a card could not be rendered: {problems[0]}")
    return story


def _played(on_stage: Stage) -> list[tuple[str, str]]:
    """What took part, and its version."""
    worker = importlib.metadata.version("azure-functions-runtime")
    return [
        ("Push client", f"{on_stage.client.name} {on_stage.client.version}, unmodified"),
        ("The bot", "this repository's function app, all of it"),
        ("Functions worker", f"azure-functions-runtime {worker}, a process of its own"),
        ("Python", platform.python_version()),
        ("Storage", "Azurite: real tables and queues"),
        ("Adaptive Cards", "Microsoft's renderer"),
        (
            "Stands in",
            "Azure itself, on loopback; the Functions host; the delivery of Event Hubs and Event Grid",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
