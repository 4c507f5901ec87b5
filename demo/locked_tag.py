"""A tag that somebody locked, and a pipeline that must push to it."""

from http import HTTPStatus

from demo.casebook import Casebook
from demo.stage import Stage
from demo.telling import Story

_REPOSITORY = "team/shop"
_TAG = "dev-42"


def tell(stage: Stage, story: Story) -> None:
    """Refused, seen in the log, diagnosed, unlocked, verified, pushed, locked again as it was."""
    azure, registry, bot = stage.azure, stage.contoso, stage.bot
    image = f"{_REPOSITORY}:{_TAG}"
    reference = f"{registry.login_server}/{image}"

    story.part("A push is refused")
    first = stage.client.push(reference, "monday")
    story.proves(first.succeeded, f"On Monday {stage.client.name} could push {image}")
    bot.events()
    registry.lock(_REPOSITORY, tag=_TAG)
    lock = registry.attributes(_REPOSITORY, _TAG).as_wire()
    story.says(
        "Then somebody locked the tag; a lock says neither who nor why. On Tuesday the pipeline pushes again:"
    )
    refused = stage.client.push(reference, "tuesday")
    story.attempt(refused)
    monday = registry.repositories[_REPOSITORY].tags[_TAG].digest
    answers = [call.status for call in azure.requests if call.method == "PUT" and "/manifests/" in call.path]
    story.proves(
        not refused.succeeded and answers[-1] == HTTPStatus.METHOD_NOT_ALLOWED,
        "The registry answered 405, and the client gave up",
    )

    story.part("The bot hears of it")
    story.document("The registry's log row for it, as Azure Monitor streams it", azure.diagnostic_records[-1])
    bot.stream()
    bot.work()
    incident = stage.latest_incident(registry)
    case = Casebook(bot.journal(incident))
    case.tell_what_was_seen(story)

    story.part("Why it decided what it decided")
    case.tell_the_decision(story)
    story.proves(case.reason == "permitted", "One cause is certain, and the policy permits the repair")

    story.part("The change")
    case.tell_the_change(story)
    for call in azure.writes():
        story.quotes(f"{call.method} {call.path} → {call.status}", call.body.decode())
    story.proves(
        [call.json for call in azure.writes()] == [{"writeEnabled": True}],
        "One write reached Azure, and it names writeEnabled alone",
    )

    story.part("Verified")
    case.tell_the_verification(story)
    story.proves(
        case.verified and registry.attributes(_REPOSITORY, _TAG).write_enabled,
        "In Azure the tag is open for writing",
    )

    story.part("The second push succeeds")
    again = stage.client.push(reference, "tuesday")
    story.attempt(again)
    tuesday = registry.repositories[_REPOSITORY].tags[_TAG].digest
    story.proves(again.succeeded and tuesday != monday, f"{image} is Tuesday's image now")

    story.part("The lock is put back as it was")
    opened = registry.attributes(_REPOSITORY, _TAG).as_wire()
    bot.events()
    bot.work()
    story.says("Event Grid brought ImagePushed. That ends the unlock, two hours before its time.")
    now = registry.attributes(_REPOSITORY, _TAG).as_wire()
    story.before_and_after(
        "The tag's attributes",
        *((name, str(opened[name]).lower(), str(now[name]).lower()) for name in lock),
    )
    story.proves(now == lock, "In Azure every attribute of the tag is as it was")
    ended = bot.app.incidents.find(incident)
    story.proves(ended is not None and ended.value.state == "closed", "The incident is closed")
