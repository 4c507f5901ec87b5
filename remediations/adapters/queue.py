"""Commands on an Azure Storage queue."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from remediations.adapters.storage import PATIENCE, Storage
from remediations.ports import Backlog, Command

_COMMANDS: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)


def decode_command(message: bytes) -> Command | None:
    """The command that a message holds, or None if it holds none."""
    try:
        return _COMMANDS.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class AzureQueue:
    """Sends commands. The client encodes messages in base64, as `host.json` expects them."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    @classmethod
    def connect(
        cls, storage: Storage, name: str, credential: Callable[[str], TokenCredential]
    ) -> "AzureQueue":
        """The queue of that name, by connection string or by identity."""
        return cls(_client(storage, name, credential))

    def send(self, command: Command, delay: timedelta = timedelta()) -> None:
        """Put a command on the queue; it becomes visible after the delay (at most 7 days)."""
        text = msgspec.json.encode(command).decode()
        seconds = int(delay.total_seconds())
        try:
            self._client.send_message(text, visibility_timeout=seconds, time_to_live=-1)
        except ResourceNotFoundError:
            self._make_queue()
            self._client.send_message(text, visibility_timeout=seconds, time_to_live=-1)

    def _make_queue(self) -> None:
        """The queue is made at first use, so that an empty storage account is enough to start with."""
        try:
            self._client.create_queue()
        except ResourceExistsError:
            return


class AzureBacklogs:
    """What waits on the queues of a storage account. It looks, and takes nothing."""

    def __init__(self, storage: Storage, credential: Callable[[str], TokenCredential]) -> None:
        self._storage = storage
        self._credential = credential

    def of(self, queue: str) -> Backlog:
        """What waits on the queue of that name. On one that is not there yet, nothing does."""
        client = _client(self._storage, queue, self._credential)
        try:
            waiting = client.get_queue_properties().approximate_message_count or 0
            first = next(iter(client.peek_messages()), None)
        except ResourceNotFoundError:
            return Backlog(0)
        return Backlog(waiting, first.inserted_on if first else None)


def _client(storage: Storage, name: str, credential: Callable[[str], TokenCredential]) -> QueueClient:
    encoding: dict[str, Any] = {"message_encode_policy": TextBase64EncodePolicy(), **PATIENCE}
    if storage.connection_string:
        return QueueClient.from_connection_string(storage.connection_string, name, **encoding)
    return QueueClient(storage.queue_uri, name, credential=credential(storage.client_id), **encoding)
