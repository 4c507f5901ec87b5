"""What the triggers listen to is what the templates make."""

import re

from checks.intake import event_grid
from tests.host.worker import FakeHost
from tests.infra.deployment import Deployment
from tests.infra.test_settings import settings_of

SUBSCRIPTIONS = (
    "Microsoft.EventGrid/topics/eventSubscriptions",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions",
)


def test_every_hub_is_there(everything: Deployment, worker: FakeHost) -> None:
    settings = settings_of(everything)
    wanted = {
        settings[str(trigger["eventHubName"]).strip("%")]
        for trigger in worker.triggered_by("eventHubTrigger").values()
    }
    assert {one.body["name"] for one in everything.made("Microsoft.EventHub/namespaces/eventhubs")} == wanted


def test_every_queue_is_there(everything: Deployment, worker: FakeHost) -> None:
    wanted = {str(trigger["queueName"]) for trigger in worker.triggered_by("queueTrigger").values()}
    queues = everything.made("Microsoft.Storage/storageAccounts/queueServices/queues")
    assert {one.body["name"] for one in queues} == wanted


def test_every_function_that_hears_events_is_subscribed_and_no_other(
    everything: Deployment, worker: FakeHost
) -> None:
    app = everything.only("Microsoft.Web/sites").id
    subscribed = {
        one.body["properties"]["destination"]["properties"]["resourceId"]
        for kind in SUBSCRIPTIONS
        for one in everything.made(kind)
    }
    assert subscribed == {f"{app}/functions/{name}" for name in worker.triggered_by("eventGridTrigger")}


def test_reports_come_by_the_custom_topic(everything: Deployment) -> None:
    (one,) = everything.made("Microsoft.EventGrid/topics/eventSubscriptions")
    topic = everything.only("Microsoft.EventGrid/topics")
    assert one.body["parent"].name == topic.name
    assert str(one.body["properties"]["destination"]["properties"]["resourceId"]).endswith("/pipeline_events")


def test_exactly_the_events_that_the_code_understands_are_wanted(everything: Deployment) -> None:
    filters = [
        one.body["properties"]["filter"]
        for one in everything.made("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    ]
    wanted = {kind for one in filters for kind in one["includedEventTypes"]}
    assert wanted == {*event_grid._PUSHED, event_grid._WRITTEN}
    operations = {value for one in filters for more in one["advancedFilters"] for value in more["values"]}
    assert {operation.lower() for operation in operations} == {event_grid._REGISTRY_WRITE}


def test_every_registry_is_followed_and_every_subscription_once(everything: Deployment) -> None:
    topics = everything.made("Microsoft.EventGrid/systemTopics")
    sources = sorted(str(one.body["properties"]["source"]).rpartition("/")[2] for one in topics)
    assert sources == [
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
        "adatum",
        "contoso",
        "fabrikam",
    ]
    # A system topic must be in the subscription of its source.
    assert all(one.place.id.split("/")[2] == one.body["properties"]["source"].split("/")[2] for one in topics)


def test_what_cannot_be_delivered_is_put_away_by_an_identity_that_may(everything: Deployment) -> None:
    topics = [
        *everything.made("Microsoft.EventGrid/topics"),
        *everything.made("Microsoft.EventGrid/systemTopics"),
    ]
    allowed = {
        one.body["properties"]["principalId"]
        for one in everything.made("Microsoft.Authorization/roleAssignments")
        if getattr(one.body.get("scope"), "symbol", "") == "deadLetters"
    }
    assert allowed == {topic.known("identity.principalId") for topic in topics}
    containers = everything.made("Microsoft.Storage/storageAccounts/blobServices/containers")
    for one in (one for kind in SUBSCRIPTIONS for one in everything.made(kind)):
        away = one.body["properties"]["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
        assert away["resourceId"] == everything.only("Microsoft.Storage/storageAccounts").id
        assert away["blobContainerName"] in {container.body["name"] for container in containers}


def test_the_first_deployment_subscribes_nothing_since_no_function_is_there_yet(minimal: Deployment) -> None:
    assert [one for kind in SUBSCRIPTIONS for one in minimal.made(kind)] == []
    assert minimal.made("Microsoft.EventGrid/systemTopics")


def test_machines_get_past_the_sign_in_and_people_do_not(everything: Deployment, worker: FakeHost) -> None:
    (signed,) = (
        one.body["properties"]["globalValidation"]
        for one in everything.made("Microsoft.Web/sites/config")
        if one.name.endswith("/authsettingsV2")
    )
    # App Service knows no optional part of a path: it is excluded with it and without.
    with_a_key = {
        path
        for trigger in worker.triggered_by("httpTrigger").values()
        if str(trigger["authLevel"]).upper() == "FUNCTION"
        for path in (
            f"/api/{trigger['route'].partition('/{')[0]}",
            re.sub(r"{.*?}", "*", f"/api/{trigger['route']}"),
        )
    }
    # Event Grid's own deliveries go to the host, which asks for a key of its own.
    assert set(signed["excludedPaths"]) == {*with_a_key, "/runtime/webhooks/eventgrid"}
