"""A registry that grows until it is full, although people were told in time."""

import json
from datetime import timedelta

from demo.casebook import Casebook
from demo.stage import Stage
from demo.telling import Story
from remediations.storage_pictures import trend_svg
from remediations.storage_text import as_text
from tests.local_azure import Registry

_IMAGE = "team/models:main"
_A_DAY = 200 * 1024**3
_WEEKS = 8
_SATURDAY = 5
_PURGED_AGO = 24
_HELD = {"vision/train": (420, 61), "vision/serve": (180, 34), "base/cuda": (40, 9)}
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_TWO_WEEKS = 14


def tell(stage: Stage, story: Story) -> None:
    """Warned at 80 %, refused at 100 %, and never a byte deleted; the push succeeds when people have purged."""
    writes = len(stage.azure.writes())
    filling = _told_once(stage, story)
    _refused_when_full(stage, story)
    story.proves(
        len(stage.azure.writes()) == writes, "Nothing was written to any registry, and nothing was deleted"
    )
    _pushed_when_purged(stage, story)

    story.part("It is over")
    stage.bot.events()
    story.says("Two weeks pass: the rows are dated back, a day at a time. It stays at 61 %.")
    for _ in range(_TWO_WEEKS):
        stage.bot.days_pass(stage.woodgrove.name)
        _an_hour_passes(stage)
    ended = stage.bot.app.incidents.find(filling)
    story.proves(
        ended is not None and ended.value.state == "closed", "The incident of the 80 % band is closed"
    )
    story.proves(
        "It is over" in stage.azure.work_items[0].comments[-1],
        "The ticket says so. There was no change, so there is none to undo",
    )


def _told_once(stage: Stage, story: Story) -> str:
    """People get a ticket for the band, once. Gives the incident."""
    registry, tickets = stage.woodgrove, stage.azure.work_items
    story.part("The storage watch looks, once an hour")
    registry.fill_to(0.835)
    _grew(registry)
    story.says(f"{registry.name} uses 83 % of its 40 TiB. Nobody has noticed, and every push still succeeds.")
    _an_hour_passes(stage)
    incident = stage.latest_incident(registry)
    case = Casebook(stage.bot.journal(incident))
    case.tell_what_was_seen(story)

    story.part("Why it decided what it decided")
    case.tell_the_decision(story)
    story.proves(case.reason == "no_remediation", "For this cause nothing is ever changed automatically")
    story.proves(len(tickets) == 1, "One ticket is in Azure DevOps")
    report, _ = stage.bot.app.study_storage(registry.name)
    story.draws("How it came to that", trend_svg(registry.name, report.days, report.forecast))
    story.quotes(f"$ medic storage {registry.name}", "\n".join(as_text(report)))

    story.part("An hour later it looks again")
    registry.fill_to(0.845)
    _an_hour_passes(stage)
    story.proves(len(tickets) == 1, "84 % is the same band: still one ticket, and nobody is told twice")
    return incident


def _refused_when_full(stage: Stage, story: Story) -> None:
    """The push fails in the words of a lock, and the bot finds out that it is none."""
    registry, tickets = stage.woodgrove, stage.azure.work_items
    story.part("A push is refused")
    registry.fill_to(1.0)
    story.says("Nobody did anything, and now it is full.")
    refused = stage.client.push(f"{registry.login_server}/{_IMAGE}", "thursday")
    story.attempt(refused)
    story.proves(not refused.succeeded, "The client was refused, in the very words of a lock")

    story.part("One 405, several possible causes")
    _the_log_streams(stage)
    case = Casebook(stage.bot.journal(stage.latest_incident(registry)))
    case.tell_what_was_seen(story)
    case.tell_the_decision(story)
    story.proves(case.reason == "no_remediation", "No lock was found, storage was: this one is for people")
    story.proves(len(tickets) == 1, "The ticket that there is hears of it, and there is no second one")
    stage.client.push(f"{registry.login_server}/{_IMAGE}", "thursday")
    _the_log_streams(stage)
    story.proves(len(tickets) == 1, "A second try is refused as well, and there is still one ticket")


def _pushed_when_purged(stage: Stage, story: Story) -> None:
    """What mends it is people's work."""
    registry = stage.woodgrove
    story.part("The second push succeeds")
    registry.fill_to(0.615)
    story.says("People have purged what nobody needs: 61 %.")
    again = stage.client.push(f"{registry.login_server}/{_IMAGE}", "thursday")
    story.attempt(again)
    story.proves(again.succeeded, f"{_IMAGE} is in the registry")


def _grew(registry: Registry) -> None:
    """It has grown for eight weeks, by less on Saturdays and Sundays; and once somebody purged a little."""
    for repository, (images, size) in _HELD.items():
        for number in range(images):
            layers = [{"digest": f"sha256:{number:064x}", "size": size * 1024**3}]
            manifest = json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST, "layers": layers})
            tag = f"build-{number}" if number % 3 else None
            registry.push(repository, tag, manifest=manifest.encode(), media_type=_MANIFEST)
    registry.fill_to(0.835)
    level, today = registry.usage_bytes, registry.world.now()
    for ago in range(_WEEKS * 7):
        day = today - timedelta(days=ago)
        registry.storage_history.append((day, level))
        level -= _A_DAY // (1 if day.weekday() < _SATURDAY else 4) * (97 + ago * 7 % 13) // 100
        level += _A_DAY * 9 if ago == _PURGED_AGO else 0


def _an_hour_passes(stage: Stage) -> None:
    stage.bot.host.tick("storage_watch")
    stage.bot.work()


def _the_log_streams(stage: Stage) -> None:
    stage.bot.stream()
    stage.bot.work()
