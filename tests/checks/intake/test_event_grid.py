"""Events in, news out: both schemas mean the same, and what is no news has a name."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from checks.intake.event_grid import Event, Pushed, RegistryWritten, Uneventful, read_event
from checks.model import Image, Registry, Rejection
from tests.checks.intake.test_diagnostic_logs import JSON

RECORDED = Path(__file__).parents[2] / "fixtures" / "acr"
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTRY_ID = (
    "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg1/providers"
    "/Microsoft.ContainerRegistry/registries/demo"
)
DEMO = Registry(resource_id=REGISTRY_ID, login_server="demo.azurecr.io")
REGISTRIES = {DEMO.key: DEMO}
DIGEST = "sha256:213bbc182920ab41e18edc2001e06abcca6735d87782d9cef68abd83941cf0e5"


def recorded(name: str) -> dict[str, Any]:
    document = json.loads(next(RECORDED.glob(f"{name}_*")).read_text())
    event: dict[str, Any] = document[0] if isinstance(document, list) else document
    return event


def event(name: str, topic: str = REGISTRY_ID) -> Event:
    """A documented event, of whichever schema, as if our registry had raised it."""
    found = recorded(name)
    kind = found.get("eventType") or found["type"]
    return Event(id=found["id"], topic=topic, type=kind, at=AT, data=found["data"])


PUSHED = event("11")


def target(**fields: object) -> Event:
    assert isinstance(PUSHED.data, dict)
    return replace(PUSHED, data=PUSHED.data | {"target": PUSHED.data["target"] | fields})


@pytest.mark.parametrize("name", ["11", "12"])
def test_a_push_is_news_in_either_schema(name: str) -> None:
    news = read_event(event(name), REGISTRIES)
    assert isinstance(news, Pushed)
    assert (news.registry, news.at) == ("demo", AT)
    assert news.image.repository


def test_a_push_names_its_image() -> None:
    named = target(repository="team/app", tag="v1", digest=DIGEST)
    assert read_event(named, REGISTRIES) == Pushed("demo", Image("team/app", "v1", DIGEST), AT)


def test_a_chart_is_an_image_too() -> None:
    chart = replace(PUSHED, type="Microsoft.ContainerRegistry.ChartPushed")
    assert isinstance(read_event(chart, REGISTRIES), Pushed)


def test_a_push_by_digest_has_no_tag() -> None:
    for nothing in ("", None):
        news = read_event(target(repository="team/app", tag=nothing, digest=DIGEST), REGISTRIES)
        assert news == Pushed("demo", Image("team/app", digest=DIGEST), AT)


def test_a_topic_may_come_in_any_case() -> None:
    assert isinstance(read_event(replace(PUSHED, topic=REGISTRY_ID.upper()), REGISTRIES), Pushed)


@pytest.mark.parametrize("kind", ["ImageDeleted", "ChartDeleted"])
def test_what_was_deleted_needs_nothing(kind: str) -> None:
    gone = replace(PUSHED, type=f"Microsoft.ContainerRegistry.{kind}")
    assert read_event(gone, REGISTRIES) == Uneventful()


APPLICATION = "44444444-4444-4444-4444-000000000001"
PERSON = "44444444-4444-4444-4444-000000000002"
CLAIMS = {
    "appid": APPLICATION,
    "http://schemas.microsoft.com/identity/claims/objectidentifier": PERSON,
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "ann@contoso.com",
    "name": "Ann",
}


def written(**fields: object) -> Event:
    raw = recorded("19")
    data = raw["data"] | {"resourceUri": REGISTRY_ID, "claims": CLAIMS} | fields
    return Event(id="e1", topic="/subscriptions/s", type=raw["eventType"], at=AT, data=data)


def test_a_change_of_the_registry_is_news_with_who_did_it() -> None:
    news = read_event(written(), REGISTRIES)
    assert isinstance(news, RegistryWritten)
    assert (news.registry, news.at, news.event_id) == ("demo", AT, "e1")
    assert (news.by, news.app) == (PERSON, APPLICATION)


@pytest.mark.parametrize("claim", ["Ann Smith", "ann@contoso.com", "<script>", 7, None, "x" * 100, ""])
def test_nothing_but_an_id_is_kept_of_who_it_was(claim: object) -> None:
    news = read_event(written(claims=dict.fromkeys(CLAIMS, claim)), REGISTRIES)
    assert isinstance(news, RegistryWritten)
    assert (news.by, news.app) == ("unknown", "")


def test_without_an_object_id_it_was_the_application() -> None:
    news = read_event(written(claims={"appid": APPLICATION}), REGISTRIES)
    assert isinstance(news, RegistryWritten)
    assert (news.by, news.app) == (APPLICATION, APPLICATION)


@pytest.mark.parametrize("claims", [{}, None, "", [], "{ID}"])
def test_a_change_by_nobody_known_says_so(claims: object) -> None:
    news = read_event(written(claims=claims), REGISTRIES)
    assert isinstance(news, RegistryWritten)
    assert news.by == "unknown"


def test_a_change_of_something_else_in_the_subscription_needs_nothing() -> None:
    other = written(operationName="Microsoft.Storage/storageAccounts/write")
    assert read_event(other, REGISTRIES) == Uneventful()


REJECTED = {
    "another registry": (replace(PUSHED, topic=REGISTRY_ID + "2"), "unknown_registry"),
    "no registry": (replace(PUSHED, topic=""), "unknown_registry"),
    "another registry changed": (written(resourceUri=REGISTRY_ID + "2"), "unknown_registry"),
    "another type": (replace(PUSHED, type="Microsoft.Storage.BlobCreated"), "unknown_event_type"),
    "no type": (replace(PUSHED, type=""), "unknown_event_type"),
    "no data": (replace(PUSHED, data=None), "not_this_event"),
    "no target": (replace(PUSHED, data={}), "not_this_event"),
    "a target that is none": (replace(PUSHED, data={"target": "x"}), "not_this_event"),
    "a number for a repository": (target(repository=7), "not_this_event"),
    "a repository with a way out": (target(repository="../../x"), "illegal_name"),
    "a tag with markup": (target(tag="<script>"), "illegal_name"),
    "a digest that is none": (target(digest="sha256:1"), "illegal_name"),
}


@pytest.mark.parametrize(("odd", "why"), REJECTED.values(), ids=REJECTED)
def test_what_is_no_news_has_a_name(odd: Event, why: str) -> None:
    rejection = read_event(odd, REGISTRIES)
    assert isinstance(rejection, Rejection)
    assert (rejection.source, rejection.reason) == ("event_grid", why)


@given(JSON)
def test_no_data_breaks_it(data: object) -> None:
    for kind in (PUSHED.type, written().type, "anything"):
        read_event(replace(PUSHED, type=kind, data=data), REGISTRIES)
