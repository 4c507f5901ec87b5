"""One contract for tables and for the queue: what stands in for them in memory behaves as the real ones do."""

import base64
import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.data.tables import TableClient
from azure.storage.queue import QueueClient

from checks.model import Image, Value
from remediations.adapters.queue import AzureQueue, decode_command
from remediations.adapters.storage import Storage
from remediations.adapters.tables import AzureTable
from remediations.ports import Command, Deliver, Expire, Publish, Respond, Table, Undo
from tests.memory import Clock, MemoryQueue, MemoryTable

HOST = json.loads((Path(__file__).parents[2] / "host.json").read_text())


class Thing(Value, frozen=True):
    """Something to keep."""

    name: str
    size: int = 0
    image: Image | None = None
    is_old: bool = False
    made_at: datetime | None = None
    seen_at: datetime | None = None


def nobody(_: str) -> object:
    raise AssertionError("with a connection string no identity is needed")


@pytest.fixture(params=["memory", "azurite"])
def table(request: pytest.FixtureRequest) -> Table[Thing]:
    """An empty table, of either kind, that nobody has made yet."""
    if request.param == "memory":
        return MemoryTable(Thing)
    storage = Storage(connection_string=request.getfixturevalue("azurite"))
    return AzureTable.connect(storage, f"t{uuid.uuid4().hex}", Thing, nobody)  # type: ignore[arg-type]


def test_an_empty_table_holds_nothing_and_need_not_be_made_first(table: Table[Thing]) -> None:
    assert table.read("p", "k") is None
    assert list(table.rows("p")) == []
    assert not table.replace("p", "k", Thing("a"), 'W/"1"')


def test_a_row_is_inserted_once(table: Table[Thing]) -> None:
    assert table.insert("p", "k", Thing("first"))
    assert not table.insert("p", "k", Thing("second"))
    row = table.read("p", "k")
    assert row
    assert row.value == Thing("first")


def test_a_row_is_replaced_only_as_it_was_read(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("first"))
    seen = table.read("p", "k")
    assert seen
    assert table.replace("p", "k", Thing("second"), seen.version)
    assert not table.replace("p", "k", Thing("third"), seen.version)
    now = table.read("p", "k")
    assert now
    assert (now.value, now.version == seen.version) == (Thing("second"), False)


def test_a_replacement_by_the_very_same_value_is_a_new_version_too(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("same"))
    seen = table.read("p", "k")
    assert seen
    assert table.replace("p", "k", Thing("same"), seen.version)
    assert not table.replace("p", "k", Thing("same"), seen.version)


def test_values_are_found_by_the_time_that_one_of_their_fields_names(table: Table[Thing]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    early, late = noon - timedelta(microseconds=1), noon + timedelta(microseconds=1)
    things = (
        Thing("both", made_at=noon, seen_at=early),
        Thing("made", made_at=late),
        Thing("neither", made_at=early, seen_at=early - timedelta(days=300)),
        Thing("no time"),
        Thing("seen", made_at=early, seen_at=late),
    )
    assert list(table.since("p", noon, "made_at")) == []
    for thing in things:
        table.insert("p", thing.name, thing)
    table.insert("q", "elsewhere", Thing("elsewhere", made_at=late))
    assert [found.name for found in table.since("p", noon, "made_at", "seen_at")] == ["both", "made", "seen"]
    assert [found.name for found in table.since("p", noon, "seen_at")] == ["seen"]


def test_a_removed_row_is_gone_and_may_be_removed_again(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("first"))
    seen = table.read("p", "k")
    assert seen
    table.remove("p", "k")
    table.remove("p", "k")
    assert table.read("p", "k") is None
    assert not table.replace("p", "k", Thing("second"), seen.version)
    assert table.insert("p", "k", Thing("third"))


def test_a_row_is_removed_only_as_it_was_seen_if_that_is_asked_for(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("first"))
    seen = table.read("p", "k")
    assert seen
    assert table.replace("p", "k", Thing("second"), seen.version)
    table.remove("p", "k", seen.version)
    now = table.read("p", "k")
    assert now
    assert now.value == Thing("second")
    table.remove("p", "k", now.version)
    table.remove("p", "k", now.version)
    assert table.read("p", "k") is None


def test_rows_come_in_the_order_of_their_keys_and_from_one_partition(table: Table[Thing]) -> None:
    for key in ("b", "a", "000010", "000002", "c-1"):
        table.insert("p", key, Thing(key))
    table.insert("q", "z", Thing("elsewhere"))
    assert [(key, row.value.name) for key, row in table.rows("p")] == [
        (key, key) for key in ("000002", "000010", "a", "b", "c-1")
    ]


def test_a_version_from_a_list_is_as_good_as_one_from_a_reading(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("first"))
    [(key, row)] = table.rows("p")
    assert table.replace("p", key, Thing("second"), row.version)


@pytest.mark.parametrize("text", ["", "ä€😀", "'\"<>&\\\r\n\t", "x" * 30_000, "😀" * 40_000, "x" * 200_000])
def test_any_text_comes_back_as_it_was(table: Table[Thing], text: str) -> None:
    thing = Thing(text, 7, Image("team/app", "v1"), is_old=True)
    table.insert("p", "k", thing)
    row = table.read("p", "k")
    assert row
    assert row.value == thing


def test_a_long_value_can_be_replaced_by_a_short_one(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("x" * 100_000))
    row = table.read("p", "k")
    assert row
    table.replace("p", "k", Thing("short"), row.version)
    short = table.read("p", "k")
    assert short
    assert short.value == Thing("short")


def test_keys_with_the_marks_that_ours_have_are_kept_apart(table: Table[Thing]) -> None:
    keys = ("contoso-0a1b2c-1", "contoso-0a1b2c-1-0", "seen'or'1'eq'1", "a b", "ä")
    for key in keys:
        assert table.insert("it's", key, Thing(key))
    assert {key for key, _ in table.rows("it's")} == set(keys)


def test_of_many_who_insert_at_once_one_does(table: Table[Thing]) -> None:
    together = threading.Barrier(6)
    done: list[bool] = []

    def insert(number: int) -> None:
        together.wait()
        done.append(table.insert("p", "k", Thing(f"{number}")))

    run([threading.Thread(target=insert, args=(number,)) for number in range(6)])
    assert sorted(done) == [False] * 5 + [True]


def test_of_many_who_replace_at_once_one_does(table: Table[Thing]) -> None:
    table.insert("p", "k", Thing("first"))
    seen = table.read("p", "k")
    assert seen
    together = threading.Barrier(6)
    done: list[bool] = []

    def replace(number: int) -> None:
        together.wait()
        done.append(table.replace("p", "k", Thing(f"{number}"), seen.version))

    run([threading.Thread(target=replace, args=(number,)) for number in range(6)])
    assert sorted(done) == [False] * 5 + [True]


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_more_rows_than_a_page_holds_all_come(azurite: str) -> None:
    name = f"t{uuid.uuid4().hex}"
    table = AzureTable.connect(Storage(connection_string=azurite), name, Thing, nobody)  # type: ignore[arg-type]
    table.insert("another", "k", Thing("x"))
    with TableClient.from_connection_string(azurite, name) as client:
        row = {"PartitionKey": "p", "json0": '{"name":"x"}', "pieces": 1}
        for start in range(0, 1001, 91):
            keys = [f"{number:06}" for number in range(start, start + 91)]
            client.submit_transaction([("create", {**row, "RowKey": key}) for key in keys])
    assert [key for key, _ in table.rows("p")] == [f"{number:06}" for number in range(1001)]


COMMANDS: tuple[Command, ...] = (
    Respond("contoso-0a1b2c-1"),
    Undo("contoso", "contoso-0a1b2c-1-0", "it's time: “ä”"),
    Expire("contoso"),
    Publish("contoso-0a1b2c-1"),
    Deliver("0b5f"),
)


@pytest.fixture
def messages(azurite: str) -> Iterator[tuple[AzureQueue, QueueClient]]:
    """A queue that nobody has made yet, and a look at it."""
    name = f"q{uuid.uuid4().hex}"
    queue = AzureQueue.connect(Storage(connection_string=azurite), name, nobody)  # type: ignore[arg-type]
    with QueueClient.from_connection_string(azurite, name) as look:
        yield queue, look


def test_a_command_comes_out_of_the_queue_as_it_went_in(messages: tuple[AzureQueue, QueueClient]) -> None:
    queue, look = messages
    for command in COMMANDS:
        queue.send(command)
    assert HOST["extensions"]["queues"]["messageEncoding"] == "base64"
    received = [base64.b64decode(message.content, validate=True) for message in look.receive_messages()]
    assert [decode_command(body) for body in received] == list(COMMANDS)


def test_a_command_with_a_delay_is_not_visible_before_its_time(
    messages: tuple[AzureQueue, QueueClient],
) -> None:
    queue, look = messages
    queue.send(COMMANDS[0], timedelta(seconds=30))
    assert look.peek_messages() == []
    assert look.get_queue_properties().approximate_message_count == 1


def test_a_command_waits_until_it_is_done_and_not_only_a_week(
    messages: tuple[AzureQueue, QueueClient],
) -> None:
    queue, look = messages
    queue.send(COMMANDS[0])
    [message] = look.peek_messages()
    assert message.expires_on
    assert message.inserted_on
    assert message.expires_on - message.inserted_on > timedelta(days=365)


def test_the_queue_in_memory_gives_a_command_at_its_time_and_once() -> None:
    clock = Clock()
    queue = MemoryQueue(clock)
    queue.send(COMMANDS[0], timedelta(seconds=30))
    queue.send(COMMANDS[1])
    assert queue.take() == (COMMANDS[1],)
    clock.advance(30)
    assert queue.take() == (COMMANDS[0],)
    assert queue.take() == ()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"hello",
        b"\xff",
        b"[]",
        b"{}",
        b'{"command":"shutdown"}',
        b'{"command":"respond"}',
        b'{"command":"respond","incident":7}',
        b'{"command":"respond","incident":"x","id":"y"}',
    ],
)
def test_what_is_no_command_is_none(message: bytes) -> None:
    assert decode_command(message) is None
