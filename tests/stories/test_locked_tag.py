"""A push to a locked tag, from the refusal to the lock that is put back."""

from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry


def test_a_locked_tag_is_unlocked_for_one_push_and_locked_again(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    azure.take_events()
    refused = azure.push(contoso, "team/app", "v1", b"new")
    assert refused.status == 405

    bot.stream()
    bot.work()
    assert contoso.attributes("team/app", "v1").write_enabled
    print([(r.key, r.entry) for i in bot.app.incidents.of("contoso") for r in bot.journal(i.id)])

    assert azure.push(contoso, "team/app", "v1", b"new").succeeded
    bot.events()
    bot.work()
    assert not contoso.attributes("team/app", "v1").write_enabled
