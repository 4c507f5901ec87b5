"""What the real worker and SDK do to a careless app: each is the reason for something in function_app.py."""

import subprocess
import sys
from pathlib import Path

import pytest

import tests
from tests.host import payloads
from tests.host.azurite import ROOT
from tests.host.conftest import TRAPS
from tests.host.grpchost import GrpcHost
from tests.host.protos import P
from tests.host.worker import FunctionFailed

GRID_EVENT = {
    "id": "e1",
    "topic": "/subscriptions/s",
    "subject": "team/api:1",
    "eventType": "Microsoft.ContainerRegistry.ImagePushed",
    "eventTime": "2026-01-02T03:04:05.1234567Z",
    "dataVersion": "1.0",
    "metadataVersion": "1",
    "data": {"action": "push"},
}
CLOUD_EVENT = {
    "id": "e1",
    "source": "/subscriptions/s",
    "subject": "team/api:1",
    "type": "Microsoft.ContainerRegistry.ImagePushed",
    "time": "2026-01-02T03:04:05Z",
    "specversion": "1.0",
    "data": {"action": "push"},
}


def test_one_empty_body_in_a_batch_of_texts_loses_the_whole_batch(traps: GrpcHost) -> None:
    with pytest.raises(FunctionFailed, match="Number of bodies and metadata mismatched"):
        traps.hub("text_batch", ["one", "", "three"])
    assert traps.saw() == []


def test_an_empty_body_in_a_binary_batch_is_one_event_among_others(traps: GrpcHost) -> None:
    traps.hub("binary_batch", [b"\x01", b"", b"\xff"], first_sequence=7, keys=["k", None, None])
    [seen] = traps.saw()
    assert seen == {
        "bodies": ["01", "", "ff"],
        "times": ["2026-01-02 03:04:05.678000+00:00"] * 3,
        "numbers": [7, 8, 9],
        "keys": ["k", None, None],
    }


def test_a_body_that_is_not_utf8_arrives_as_it_was_only_in_a_binary_batch(traps: GrpcHost) -> None:
    traps.hub("text_batch", [b"\xff"])
    traps.hub("binary_batch", [b"\xff"])
    text, binary = traps.saw()
    assert text == {"bodies": ["\N{REPLACEMENT CHARACTER}"]}
    assert isinstance(binary, dict)
    assert binary["bodies"] == ["ff"]


def test_the_seventh_digit_of_a_time_is_dropped(traps: GrpcHost) -> None:
    traps.hub("binary_batch", [b""], enqueued=["2026-01-02T03:04:05.1234567Z"])
    [seen] = traps.saw()
    assert isinstance(seen, dict)
    assert seen["times"] == ["2026-01-02 03:04:05.123456+00:00"]


def test_a_trigger_that_declares_no_cardinality_gets_events_one_by_one(traps: GrpcHost) -> None:
    assert len(traps.hub("undeclared_cardinality", ["a", "b"])) == 2
    assert traps.saw() == [{"body": "a", "number": 0}, {"body": "b", "number": 1}]


def test_a_messages_own_id_hides_the_queues(traps: GrpcHost) -> None:
    traps.queue("take", {"id": "mine"}, message_id="theirs")
    assert traps.saw() == [{"id": "mine", "deliveries": 1, "text": '{"id": "mine"}'}]


@pytest.mark.parametrize("name", ["dequeueCount", "DequeueCount", "expirationTime"])
def test_a_message_that_counts_its_own_deliveries_never_reaches_the_function(
    traps: GrpcHost, name: str
) -> None:
    with pytest.raises(FunctionFailed):
        traps.queue("take", {name: "x"})
    assert traps.saw() == []


def test_words_of_our_own_hide_nothing(traps: GrpcHost) -> None:
    traps.queue("take", '{"incident": "i"}', message_id="theirs", dequeue_count=2)
    assert traps.saw() == [{"id": "theirs", "deliveries": 2, "text": '{"incident": "i"}'}]


def test_an_event_of_the_other_schema_arrives_as_something_else(traps: GrpcHost) -> None:
    traps.grid("hear", GRID_EVENT)
    assert traps.saw() == [
        {"type": "Microsoft.ContainerRegistry.ImagePushed", "subject": "team/api:1", "id": "e1"}
    ]
    with pytest.raises(FunctionFailed, match="'CloudEvent' object has no attribute 'event_type'"):
        traps.grid("hear", CLOUD_EVENT)


def test_an_array_of_events_is_not_an_event(traps: GrpcHost) -> None:
    with pytest.raises(FunctionFailed):
        traps.grid("hear", [GRID_EVENT])


def test_nobody_checks_a_schedule_before_it_is_deployed(traps: GrpcHost) -> None:
    assert traps.trigger("tick")["schedule"] == "not a schedule"


def test_a_timer_that_returns_something_fails(traps: GrpcHost) -> None:
    with pytest.raises(FunctionFailed, match="returned a non-None value"):
        traps.tick("answers_nobody")


def test_a_payload_that_the_host_would_not_send_is_refused_by_the_sdk(traps: GrpcHost) -> None:
    with pytest.raises(FunctionFailed):
        traps.invoke("hear", payloads.Payload(P.TypedData(string="{}")))


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ("events: list[func.EventHubEvent]", "invalid non-type annotation"),
        ("_events: List[func.EventHubEvent]", "declared in Python but not in the function definition"),
        ("events: 'List[func.EventHubEvent]'", None),
        ("events", None),
    ],
)
def test_a_trigger_is_annotated_as_the_worker_can_read_it(
    tmp_path: Path, declared: str, complaint: str | None
) -> None:
    (tmp_path / "function_app.py").write_text(
        f"""
from typing import List
import azure.functions as func
app = func.FunctionApp()
@app.event_hub_message_trigger("events", "CONNECTION", "hub", cardinality=func.Cardinality.MANY)
def take({declared}) -> None: pass
"""
    )
    if complaint is None:
        with GrpcHost(tmp_path) as host:
            assert set(host.functions) == {"take"}
    else:
        with pytest.raises(FunctionFailed, match=complaint), GrpcHost(tmp_path):
            pass


def test_a_process_holds_one_app_and_a_function_that_exits_ends_the_worker() -> None:
    """Both in a process of its own: neither is good for the one that runs the tests."""
    story = f"""
from pathlib import Path
from tests.host.worker import FakeHost, FunctionFailed, WorkerExited
traps = Path({str(TRAPS)!r})
with FakeHost(traps) as first:
    try:
        FakeHost(traps).start()
    except FunctionFailed as failed:
        print(failed)
    try:
        first.tick("leaves")
    except WorkerExited as exited:
        print(exited)
    first.tick("tick")
"""
    told = subprocess.run(
        [sys.executable, "-c", story], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert told.returncode == 0, told.stderr
    one, other = told.stdout.splitlines()
    assert "does not have a unique function name" in one
    assert other == "a function ended the worker: goodbye, False"


def test_the_package_named_tests_is_ours_and_not_the_one_that_a_wheel_installs() -> None:
    assert Path(tests.__file__ or "").parent == ROOT / "tests"
