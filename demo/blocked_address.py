"""A build agent whose address the registry's firewall does not know."""

import time
from datetime import UTC, datetime
from http import HTTPStatus

from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerregistry.models import (
    IPRule,
    NetworkRuleSet,
    RegistryPropertiesUpdateParameters,
    RegistryUpdateParameters,
)

from demo.casebook import Casebook
from demo.stage import OFFICE, Stage
from demo.telling import Story
from tests.local_azure import LocalAzure, Registry

_IMAGE = "team/api:main"
_COLLEAGUES = "40.74.28.0/23"


def tell(stage: Stage, story: Story) -> None:
    """Refused, reported by the job itself, let in, pushed; at its time the rule goes, and a colleague's stays."""
    azure, registry, bot = stage.azure, stage.fabrikam, stage.bot
    address = azure.client_address
    reference = f"{registry.login_server}/{_IMAGE}"
    writes = len(azure.writes())

    story.part("A push is refused")
    story.facts(
        ("Firewall", f"default action {registry.default_action}, rules: {', '.join(registry.ip_rules)}"),
        ("The agent's address", address),
    )
    refused = stage.client.push(reference, "wednesday")
    story.attempt(refused)
    story.proves(
        not refused.succeeded and azure.requests[-1].status == HTTPStatus.FORBIDDEN,
        "The registry answered 403, before it even asked who is there",
    )

    story.part("The job reports it")
    told = stage.pipeline.with_what_the_client_lost(registry, refused.text)
    if told != refused.text:
        story.says(
            f"{stage.client.name} {stage.client.version} swallows what the registry said, so the job asks it:"
        )
        story.quotes(*told.removeprefix(refused.text).strip().split("\n", 1))
    story.says(
        f"Nothing of this is in the registry's log. The job posts the text over HTTP, itself from {address}."
    )
    status, answer = stage.pipeline.reports(registry, _IMAGE, told)
    story.document(f"The bot's answer: {status}, {answer.get('outcome')}", answer)
    story.proves(status == HTTPStatus.ACCEPTED, "The report became an incident")
    bot.work()
    case = Casebook(bot.journal(answer["incident"]))
    case.tell_what_was_seen(story)

    story.part("Why it decided what it decided")
    case.tell_the_decision(story)
    story.proves(
        case.reason == "permitted",
        "The address is in an approved range, and the report came from it: policy permits the rule",
    )

    story.part("The change")
    case.tell_the_change(story)
    for call in azure.writes()[writes:]:
        story.quotes(f"{call.method} {call.path} → {call.status}", call.body.decode())
    story.proves(
        registry.ip_rules == [OFFICE, address], f"In Azure the rules are {', '.join(registry.ip_rules)}"
    )

    story.part("Verified")
    case.tell_the_verification(story)
    story.proves(case.verified, "The check that found the cause does not find it any more")
    story.proves(registry.default_action == "Deny", "The default action is Deny, as before")

    story.part("The second push succeeds")
    again = stage.client.push(reference, "wednesday")
    story.attempt(again)
    story.proves(again.succeeded, f"{_IMAGE} is in the registry")
    bot.events()

    story.part("The rule is removed when its time is up")
    _colleague_adds_a_rule(azure, registry)
    story.says(f"Meanwhile a colleague adds a rule, {_COLLEAGUES}. Rules: {', '.join(registry.ip_rules)}.")
    _wait_until_due(stage, story)
    before = ", ".join(registry.ip_rules)
    bot.host.tick("sweep")
    bot.work()
    story.before_and_after("The timer went off", ("Network rules", before, ", ".join(registry.ip_rules)))
    story.proves(
        registry.ip_rules == [OFFICE, _COLLEAGUES],
        "In Azure our rule is gone, and the colleague's is still there",
    )
    story.proves(Casebook(bot.journal(answer["incident"])).undone, "The journal says that it was undone")


def _wait_until_due(stage: Stage, story: Story) -> None:
    """Let the time pass until the bot's own rule is due to go."""
    open_changes = [change for change in stage.bot.app.medic.ledger.of("fabrikam") if change.open]
    due = max((change.due_at for change in open_changes if change.due_at), default=datetime.now(UTC))
    seconds = max(0.0, (due - datetime.now(UTC)).total_seconds()) + 0.5
    story.says(f"The permit lets a rule stay for 15 seconds; {seconds:.0f} are left, and we wait for them.")
    time.sleep(seconds)


def _colleague_adds_a_rule(azure: LocalAzure, registry: Registry) -> None:
    """A person with the usual tools: Azure's own SDK, which sends the whole list."""
    arm = ContainerRegistryManagementClient(
        azure.credential("a-colleague"),
        registry.subscription,
        base_url=azure.arm_url,
        credential_scopes=[f"{azure.arm_url}/.default"],
        connection_verify=azure.ca_certificate,
        polling_interval=1,
    )
    with arm:
        rules = [IPRule(ip_address_or_range=rule) for rule in (*registry.ip_rules, _COLLEAGUES)]
        properties = RegistryPropertiesUpdateParameters(
            network_rule_set=NetworkRuleSet(default_action="Deny", ip_rules=rules)
        )
        update = RegistryUpdateParameters(properties=properties)
        arm.registries.begin_update(registry.resource_group, registry.name, update).result()
