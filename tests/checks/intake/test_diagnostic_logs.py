"""Diagnostic rows in, signals out: those that must match, those that must not, and everything that is no row."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.intake.diagnostic_logs import Batch, read_bodies
from checks.model import CauseName, Image, Proof, Registry, Signal, Source, Symptom
from tests.worlds import NEW, OLD

RECORDED = Path(__file__).parents[2] / "fixtures" / "acr"
EXAMPLE = Registry(
    resource_id="/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/docker/providers"
    "/Microsoft.ContainerRegistry/registries/example",
    login_server="example.azurecr.io",
)
REGISTRIES = {EXAMPLE.key: EXAMPLE}

PROPERTIES = {
    "tag": "v1",
    "digest": "<nil>",
    "mediaType": "<nil>",
    "repository": "team/app",
    "artifactType": "acr.docker",
    "tenantId": "00000000-0000-0000-0000-000000000011",
    "loginServer": "example.azurecr.io",
    "userAgent": "docker/27.3.1",
}
PUSH = {
    "time": "2026-03-01T10:00:00.1234567Z",
    "category": "ContainerRegistryRepositoryEvents",
    "resourceId": EXAMPLE.resource_id.upper(),
    "operationName": "Push",
    "identity": "00000000-0000-0000-0000-0000000000aa",
    "location": "westeurope",
    "resultType": "HttpStatusCode",
    "resultDescription": "405",
    "durationMs": "38.212784",
    "callerIpAddress": "52.138.231.5",
    "correlationId": "00000000-0000-0000-0000-000000000021",
    "properties": PROPERTIES,
    "RegionStamp": "weu-3",
}
LOGIN = PUSH | {
    "category": "ContainerRegistryLoginEvents",
    "operationName": "Login",
    "resultDescription": "403",
    "identity": "<nil>",
    "properties": {"jwtId": "<nil>"},
}


def pushed(**properties: object) -> dict[str, Any]:
    return PUSH | {"properties": PROPERTIES | properties}


def body(*rows: object) -> bytes:
    return json.dumps({"records": rows}).encode()


def read(*bodies: bytes) -> Batch:
    return read_bodies(bodies, REGISTRIES)


def one(row: object) -> Signal:
    batch = read(body(row))
    assert batch.rejections == []
    [signal] = batch.signals
    return signal


def reason(*bodies: bytes) -> str:
    batch = read(*bodies)
    assert (batch.signals, batch.uneventful) == ([], 0)
    [rejection] = batch.rejections
    return rejection.reason


def test_a_push_that_was_refused_with_405_is_a_signal() -> None:
    signal = one(PUSH)
    assert (signal.source, signal.symptom, signal.registry, signal.proof) == (
        Source.DIAGNOSTIC_LOGS,
        Symptom.PUSH_DISALLOWED,
        "example",
        Proof.REGISTRY_LOG,
    )
    assert (signal.image, signal.address) == (Image("team/app", "v1"), "52.138.231.5")
    assert signal.at == datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)
    assert signal.identity == "00000000-0000-0000-0000-0000000000aa"


def test_a_login_that_was_refused_with_403_is_a_signal_about_its_address() -> None:
    signal = one(LOGIN)
    assert (signal.symptom, signal.address, signal.image, signal.identity) == (
        Symptom.ADDRESS_DENIED,
        "52.138.231.5",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("properties", "image"),
    [
        ({"tag": OLD}, Image("team/app", digest=OLD)),
        ({"tag": "<nil>", "digest": OLD}, Image("team/app", digest=OLD)),
        ({"tag": "v1", "digest": OLD}, Image("team/app", "v1", OLD)),
        ({"tag": OLD, "digest": NEW}, Image("team/app", digest=OLD)),
        ({"tag": "", "digest": None}, Image("team/app")),
        ({"tag": "<nil>"}, Image("team/app")),
    ],
)
def test_nil_and_nothing_are_no_value_and_a_reference_may_be_a_digest(
    properties: dict[str, object], image: Image
) -> None:
    assert one(pushed(**properties)).image == image


@pytest.mark.parametrize("cased", [str.upper, str.lower, str.title])
def test_a_resource_id_may_come_in_any_case(cased: Any) -> None:  # noqa: ANN401 - three methods of str
    assert one(PUSH | {"resourceId": cased(EXAMPLE.resource_id)}).registry == "example"


def test_a_row_is_the_same_signal_however_it_reached_us() -> None:
    fewer = {"time": "2026-03-01T10:00:00.123456Z", "callerIpAddress": "52.138.231.5:443"}
    from_the_table = PUSH | {"resourceId": EXAMPLE.resource_id.lower()} | fewer
    [found] = read_bodies([json.dumps(from_the_table).encode()], REGISTRIES, Source.LOG_ANALYTICS).signals
    assert found.id == one(PUSH).id
    assert found.source is Source.LOG_ANALYTICS


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2026-03-01T10:00:01Z"},
        {"correlationId": "another"},
        {"identity": "another"},
        {"callerIpAddress": "52.138.231.6"},
        {"properties": PROPERTIES | {"tag": "v2"}},
    ],
)
def test_another_row_is_another_signal(change: dict[str, object]) -> None:
    assert one(PUSH | change).id != one(PUSH).id


@pytest.mark.parametrize(
    "whole",
    [body(PUSH), json.dumps([PUSH]).encode(), json.dumps(PUSH).encode(), b"\n " + body(PUSH) + b"\n"],
)
def test_a_body_may_be_an_object_with_records_a_bare_list_or_one_row(whole: bytes) -> None:
    assert len(read(whole).signals) == 1


def test_the_rows_that_were_recorded_from_azure_are_no_failed_push() -> None:
    recorded = next(RECORDED.glob("01_*")).read_bytes()
    batch = read(recorded)
    assert (batch.signals, batch.rejections, batch.uneventful) == ([], [], 1)


@pytest.mark.parametrize("status", ["100", "200", "201", "202", "307", 201])
@pytest.mark.parametrize("row", [PUSH, LOGIN])
def test_what_succeeded_is_nothing_to_us(row: dict[str, object], status: object) -> None:
    batch = read(body(row | {"resultDescription": status}))
    assert (batch.signals, batch.rejections, batch.uneventful) == ([], [], 1)


@pytest.mark.parametrize("operation", ["Pull", "Untag", "Delete", "Purge", "<nil>", None, ""])
def test_a_failure_of_something_else_than_a_push_or_a_login_is_nothing_to_us(operation: str | None) -> None:
    batch = read(body(PUSH | {"operationName": operation}))
    assert (batch.signals, batch.rejections, batch.uneventful) == ([], [], 1)


def test_a_metric_in_the_same_stream_is_nothing_to_us() -> None:
    metric = {"metricName": "TotalPushCount", "total": 1, "resourceId": EXAMPLE.resource_id}
    batch = read(body(metric, PUSH))
    assert (len(batch.signals), batch.rejections, batch.uneventful) == (1, [], 1)


REJECTED = {
    "nothing": (b"", "empty_body"),
    "only blanks": (b" \r\n\t", "empty_body"),
    "no JSON": (b"<html>", "not_json"),
    "JSON that stops": (b'{"records":[{"time":', "not_json"),
    "no UTF-8": (b'{"records":[{"category":"\xff"}]}', "not_a_row"),
    "a number": (b"42", "not_rows"),
    "a text": (b'"records"', "not_rows"),
    "null": (b"null", "not_rows"),
    "records that are no list": (b'{"records":{}}', "not_rows"),
    "a row that is a number": (b'{"records":[42]}', "not_a_row"),
    "a row that is a list": (b"[[]]", "not_a_row"),
    "a row with a list for a category": (body(PUSH | {"category": ["x"]}), "not_a_row"),
    "a category of tomorrow": (body(PUSH | {"category": "ContainerRegistryTomorrow"}), "unknown_category"),
    "no category": (body({"x": 1}), "unknown_category"),
    "another registry": (body(PUSH | {"resourceId": EXAMPLE.resource_id + "2"}), "unknown_registry"),
    "no registry": (body(PUSH | {"resourceId": "<nil>"}), "unknown_registry"),
    "no time": (body(PUSH | {"time": "<nil>"}), "no_time"),
    "a time that is none": (body(PUSH | {"time": "yesterday"}), "no_time"),
    "properties that are none": (body(PUSH | {"properties": "x"}), "not_a_row"),
    "no repository": (body(pushed(repository="<nil>")), "illegal_name"),
    "a repository with a way out": (body(pushed(repository="../../etc")), "illegal_name"),
    "a repository with a query": (body(pushed(repository="team/app?x=")), "illegal_name"),
    "a repository in capitals": (body(pushed(repository="Team/App")), "illegal_name"),
    "a tag with markup": (body(pushed(tag="<script>")), "illegal_name"),
    "a digest that is too short": (body(pushed(digest="sha256:12")), "illegal_name"),
    "a login without an address": (body(LOGIN | {"callerIpAddress": "<nil>"}), "no_address"),
    "a login from no address": (body(LOGIN | {"callerIpAddress": "example.com"}), "no_address"),
    "more than eight megabytes": (b'{"records":[' + b" " * (8 * 1024 * 1024) + b"]}", "too_large"),
}


@pytest.mark.parametrize(("whole", "why"), REJECTED.values(), ids=REJECTED)
def test_what_cannot_be_used_has_a_name_and_an_example_that_is_short(whole: bytes, why: str) -> None:
    assert reason(whole) == why
    [rejection] = read(whole).rejections
    assert len(rejection.excerpt) <= 500
    assert len(rejection.detail) <= 500


@pytest.mark.parametrize(("whole", "why"), REJECTED.values(), ids=REJECTED)
def test_what_cannot_be_used_costs_its_neighbours_nothing(whole: bytes, why: str) -> None:
    batch = read(body(PUSH), whole, body(LOGIN))
    assert [signal.symptom for signal in batch.signals] == [Symptom.PUSH_DISALLOWED, Symptom.ADDRESS_DENIED]
    assert [rejection.reason for rejection in batch.rejections] == [why]


@pytest.mark.parametrize(
    "broken", [42, "x", [], None, {"category": []}, PUSH | {"time": {}}, pushed(repository="../x")]
)
def test_a_broken_row_costs_the_rows_of_its_own_body_nothing(broken: object) -> None:
    batch = read(body(PUSH, broken, LOGIN))
    assert (len(batch.signals), len(batch.rejections)) == (2, 1)


@pytest.mark.parametrize("text", [b'"\\ud83d"', b'"\x1b[1m"', b"NaN", b'"\xff"', b"1" * 5000])
def test_what_no_json_may_hold_costs_the_rows_of_its_own_body_nothing(text: bytes) -> None:
    odd = json.dumps(PUSH | {"correlationId": "odd"}).encode().replace(b'"weu-3"', text)
    whole = b'{"records":[' + odd + b"," + json.dumps(PUSH).encode() + b"]}"
    batch = read(whole)
    assert batch.signals == [one(PUSH | {"correlationId": "odd"}), one(PUSH)]
    assert batch.rejections == []


def test_a_nesting_too_deep_to_read_is_rejected_and_not_raised() -> None:
    deep = b'{"records":[{"properties":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"
    batch = read(deep, body(PUSH))
    assert (len(batch.signals), len(batch.rejections)) == (1, 1)


def test_a_field_of_ten_million_characters_is_not_kept_whole() -> None:
    batch = read(body(pushed(repository="a" * 7_000_000)))
    [rejection] = batch.rejections
    assert (rejection.reason, len(rejection.detail) <= 200, len(rejection.excerpt)) == (
        "illegal_name",
        True,
        500,
    )


def test_an_address_that_is_none_is_left_out_of_a_refused_push() -> None:
    assert one(PUSH | {"callerIpAddress": "<nil>"}).address is None
    assert one(PUSH | {"callerIpAddress": "somewhere else"}).address is None


def test_an_identity_that_is_no_text_is_left_out() -> None:
    assert one(PUSH | {"identity": {"claims": {}}}).identity is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(whole: bytes) -> None:
    batch = read(whole, body(PUSH))
    assert len(batch.signals) >= 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(PUSH)), JSON, max_size=5))
def test_no_value_in_any_field_breaks_it_or_costs_a_neighbour(fields: dict[str, object]) -> None:
    batch = read(body(PUSH | fields, LOGIN))
    assert any(signal.symptom is Symptom.ADDRESS_DENIED for signal in batch.signals)
    assert len(batch.signals) + len(batch.rejections) + batch.uneventful == 2


ID = PUSH["identity"]
SIGNS = {
    "a push without the right": (PUSH, "401", Symptom.UNAUTHORIZED, CauseName.PERMISSION_DENIED),
    "a push that is forbidden": (PUSH, "403", Symptom.UNAUTHORIZED, CauseName.PERMISSION_DENIED),
    "too many pushes": (PUSH, "429", Symptom.THROTTLED, CauseName.THROTTLED),
    "a client too slow": (PUSH, "408", Symptom.UNREACHABLE, CauseName.CONNECTIVITY_TIMEOUT),
    "a fault": (PUSH, "500", Symptom.SERVER_ERROR, CauseName.SERVER_ERROR),
    "a service that is away": (PUSH, "503", Symptom.SERVER_ERROR, CauseName.SERVER_ERROR),
    "a status of tomorrow": (PUSH, "451", Symptom.UNEXPLAINED, None),
    "a login that was refused": (
        LOGIN | {"identity": ID},
        "401",
        Symptom.UNAUTHORIZED,
        CauseName.AUTHENTICATION_FAILED,
    ),
    "too many logins": (LOGIN, "429", Symptom.THROTTLED, CauseName.THROTTLED),
    "a fault at the login": (LOGIN, "502", Symptom.SERVER_ERROR, CauseName.SERVER_ERROR),
}


@pytest.mark.parametrize(("row", "status", "symptom", "said"), SIGNS.values(), ids=SIGNS)
def test_a_status_has_its_symptom_and_names_the_cause_if_it_has_only_one(
    row: dict[str, Any], status: str, symptom: Symptom, said: CauseName | None
) -> None:
    signal = one(row | {"resultDescription": status})
    assert (signal.symptom, signal.said) == (symptom, said)
    assert signal.excerpt.endswith(f"was answered with {status}")


@pytest.mark.parametrize("row", [PUSH, LOGIN])
@pytest.mark.parametrize("nobody", ["<nil>", "", None])
def test_an_anonymous_401_is_how_every_login_begins(row: dict[str, Any], nobody: str | None) -> None:
    batch = read(body(*[row | {"resultDescription": "401", "identity": nobody}] * 3))
    assert (batch.signals, batch.rejections, batch.uneventful) == ([], [], 3)


def test_a_push_that_is_forbidden_before_anybody_said_who_it_is_was_stopped_by_the_firewall() -> None:
    signal = one(PUSH | {"resultDescription": "403", "identity": "<nil>"})
    assert (signal.symptom, signal.address) == (Symptom.ADDRESS_DENIED, "52.138.231.5")


@pytest.mark.parametrize("status", ["400", "404", "413", "415", "416", "499"])
def test_what_the_client_did_wrong_is_counted_and_wakes_nobody(status: str) -> None:
    assert reason(body(PUSH | {"resultDescription": status})) == "clients_own_fault"


@pytest.mark.parametrize("status", ["<nil>", "", None, "0", "9999", "4o5", "Failure", "700"])
def test_a_status_that_is_none_is_kept_where_operators_look(status: str | None) -> None:
    batch = read(body(PUSH | {"resultDescription": status}))
    assert (len(batch.signals) + len(batch.rejections), batch.uneventful) == (1, 0)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("52.138.231.5:44321", "52.138.231.5"),
        ("[2603:1020::5]:443", "2603:1020::5"),
        ("2603:1020:0::5", "2603:1020::5"),
        ("[2603:1020::5]", "2603:1020::5"),
        ("::ffff:52.138.231.5", "52.138.231.5"),
        ("[::ffff:52.138.231.5]:443", "52.138.231.5"),
        ("fe80::1%eth0", None),
        ("fe80::1%<img src=x>", None),
        ("52.138.231.5:x", None),
        ("52.138.231.500", None),
        ("x" * 100, None),
    ],
)
def test_an_address_is_read_without_its_port(text: str, address: str | None) -> None:
    assert one(PUSH | {"callerIpAddress": text}).address == address


@pytest.mark.parametrize("operation", ["push", "PUSH"])
def test_operations_are_known_in_any_case(operation: str) -> None:
    assert one(PUSH | {"operationName": operation}).id == one(PUSH).id
    good = {"operationName": operation, "resultDescription": "201", "time": "2026-03-01T10:00:09Z"}
    assert read(body(PUSH, PUSH | good)).signals == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_that_is_none_in_utc_is_no_time(time: str) -> None:
    assert reason(body(PUSH | {"time": time})) == "no_time"


def test_an_identity_of_ten_thousand_characters_is_cut() -> None:
    assert len(one(PUSH | {"identity": "x" * 10_000}).identity or "") == 200


def test_a_layer_is_refused_without_a_reference_and_without_a_repository_only_what_hits_all_is_told() -> None:
    assert one(pushed(tag="<nil>") | {"resultDescription": "401"}).image == Image("team/app")
    assert one(pushed(tag="<nil>", repository="<nil>") | {"resultDescription": "429"}).image is None


def test_a_retry_that_succeeded_withdraws_what_failed_before_even_from_another_body() -> None:
    good = PUSH | {"resultDescription": "201", "time": "2026-03-01T10:00:09Z"}
    batch = read(body(PUSH, PUSH | {"resultDescription": "429"}), body(good))
    assert (batch.signals, batch.rejections, batch.uneventful) == ([], [], 3)


def test_a_login_that_succeeded_withdraws_the_one_that_failed_before() -> None:
    refused = LOGIN | {"resultDescription": "401", "identity": ID}
    good = refused | {"resultDescription": "200", "time": "2026-03-01T10:00:09Z"}
    assert read(body(refused, good)).signals == []
    assert len(read(body(refused, good | {"identity": "somebody else"})).signals) == 1


def test_a_success_that_cannot_be_read_withdraws_nothing_and_breaks_nothing() -> None:
    good = PUSH | {"resultDescription": "201", "time": "2026-03-01T10:00:09Z"}
    broken = (
        good | {"properties": 7},
        good | {"time": "x"},
        good | {"resourceId": 7},
        good | {"identity": {}},
    )
    assert len(read(body(PUSH, *broken[:3])).signals) == 1
    assert read(body(PUSH, *broken)).signals == []


@pytest.mark.parametrize("time", ["2026-03-01T10:00:00.1234567Z", "2026-03-01T10:00:00.123Z"])
def test_a_row_keeps_its_name_where_a_table_keeps_less_of_its_time(time: str) -> None:
    assert one(PUSH | {"time": time}).id == one(PUSH).id
