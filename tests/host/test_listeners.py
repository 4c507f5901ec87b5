"""The host that stands in for Azure's does what Azure's does: polls, poisons, resends, routes and refuses."""

import base64
import json
from datetime import timedelta

import pytest
import requests

from tests.host.grpchost import GrpcHost
from tests.host.minihost import MiniHost
from tests.host.test_traps import GRID_EVENT


def test_a_message_is_handled_once_and_is_gone(listeners: MiniHost, traps: GrpcHost) -> None:
    listeners.send("trap-jobs", "fine")
    assert [listeners.pump("take"), listeners.pump("take")] == [1, 0]
    [seen] = traps.saw()
    assert isinstance(seen, dict)
    assert (seen["text"], seen["deliveries"]) == ("fine", 1)


def test_a_failing_message_is_delivered_as_often_as_host_json_says_and_then_poison(
    listeners: MiniHost, traps: GrpcHost
) -> None:
    listeners.send("trap-jobs", "fail")
    assert listeners.drain() == 3
    assert len(traps.saw()) == 3
    assert listeners.waiting("trap-jobs") == []
    assert listeners.waiting("trap-jobs-poison") == ["fail"]


def test_a_failed_message_rests_for_as_long_as_host_json_says(traps: GrpcHost, azurite: str) -> None:
    host = MiniHost(traps, azurite)
    assert host.visibility == timedelta(seconds=30)
    host.queue("trap-jobs").clear_messages()
    host.send("trap-jobs", "fail")
    assert [host.pump("take"), host.pump("take")] == [1, 0]
    host.queue("trap-jobs").clear_messages()


def test_a_message_that_is_not_base64_is_poison_at_once(listeners: MiniHost, traps: GrpcHost) -> None:
    listeners.queue("trap-jobs").send_message("{}")
    assert listeners.drain() == 1
    assert traps.saw() == []
    assert [message.content for message in listeners.queue("trap-jobs-poison").peek_messages()] == ["{}"]


def test_a_message_is_base64_on_the_wire(listeners: MiniHost) -> None:
    listeners.send("trap-jobs", "fine")
    [message] = listeners.queue("trap-jobs").peek_messages()
    assert base64.b64decode(message.content) == b"fine"


def test_draining_does_not_go_on_forever(listeners: MiniHost) -> None:
    listeners.send("trap-jobs", "fail")
    with pytest.raises(AssertionError, match="still more"):
        listeners.drain(most=1)


def test_a_failed_batch_is_retried_as_declared_and_then_never_seen_again(
    listeners: MiniHost, traps: GrpcHost
) -> None:
    failure = listeners.stream("never_satisfied", ["a", "b"])
    assert failure is not None
    assert "not these" in str(failure)
    assert traps.saw() == [{"attempt": attempt, "events": 2} for attempt in (0, 1, 2)]
    assert listeners.stream("text_batch", ["a"]) is None


def test_a_timer_goes_off_when_it_is_told_to(listeners: MiniHost, traps: GrpcHost) -> None:
    listeners.tick("tick", past_due=True)
    assert traps.saw() == [{"past_due": True}]


def test_event_grid_hears_its_code_back_before_it_sends_anything(listeners: MiniHost) -> None:
    with listeners.serve() as address:
        answer = _post_events(address, [{"data": {"validationCode": "abc"}}], "SubscriptionValidation")
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})


def test_one_failing_event_makes_event_grid_send_all_of_them_again(
    listeners: MiniHost, traps: GrpcHost
) -> None:
    with listeners.serve() as address:
        answers = [
            _post_events(address, [GRID_EVENT]),
            _post_events(address, [GRID_EVENT, "not an event", GRID_EVENT]),
            _post_events(address, [GRID_EVENT], function="take"),
            _post_events(address, [GRID_EVENT], kind="Gossip"),
        ]
    assert [answer.status_code for answer in answers] == [202, 500, 404, 400]
    assert len(traps.saw()) == 3


def test_a_request_reaches_the_function_whose_route_it_matches(listeners: MiniHost, traps: GrpcHost) -> None:
    with listeners.serve() as address:
        answer = requests.post(
            f"{address}/api/things/a%20b?x=1&x=2&code=a-function-key",
            data=b"\x00body",
            headers={"X-Sign": "s"},
            timeout=10,
        )
    assert (answer.status_code, answer.content, answer.headers["x-answer"]) == (202, b"\x00body", "yes")
    [seen] = traps.saw()
    assert isinstance(seen, dict)
    assert (seen["name"], seen["query"]["x"], seen["header"]) == ("a b", "1,2", "s")


@pytest.mark.parametrize(
    ("method", "path", "level", "status"),
    [
        ("POST", "/api/things/x", "FUNCTION", 202),
        ("POST", "/api/things/x", "ANONYMOUS", 401),
        ("POST", "/api/things/special", "FUNCTION", 401),
        ("POST", "/api/things/special", "ADMIN", 200),
        ("GET", "/api/things/x", "FUNCTION", 404),
        ("POST", "/api/things", "FUNCTION", 404),
        ("POST", "/things/x", "FUNCTION", 404),
        ("GET", "/api/broken", "ANONYMOUS", 500),
    ],
)
def test_a_request_is_routed_and_refused_as_declared(
    traps: GrpcHost, method: str, path: str, level: str, status: int
) -> None:
    match level:
        case "ANONYMOUS" | "FUNCTION" | "ADMIN":
            assert traps.http(method, path, level=level).status == status
        case _:
            raise AssertionError(level)


def test_a_failure_behind_http_tells_the_client_nothing_and_the_test_everything(traps: GrpcHost) -> None:
    answer = traps.http("GET", "/api/broken")
    assert answer.body == b""
    assert "no client may see" in str(answer.failure)


def test_a_function_is_only_reached_by_its_own_kind_of_trigger(traps: GrpcHost) -> None:
    with pytest.raises(AssertionError, match="take has a queueTrigger, not a timerTrigger"):
        traps.tick("take")


def _post_events(
    address: str, events: list[object], kind: str = "Notification", function: str = "hear"
) -> requests.Response:
    return requests.post(
        f"{address}/runtime/webhooks/eventgrid?functionName={function}",
        data=json.dumps(events),
        headers={"aeg-event-type": kind},
        timeout=30,
    )
