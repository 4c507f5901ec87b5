"""Which storage account keeps the bot's state, and how long to wait for it."""

from typing import Any, Final

from checks.model import Value

# azure-core's own defaults are 300 s to connect and 300 s to read.
PATIENCE: Final[dict[str, Any]] = {"connection_timeout": 5, "read_timeout": 20, "retry_total": 3}


class Storage(Value, frozen=True):
    """A storage account: by connection string on a developer's machine, by identity everywhere else."""

    connection_string: str = ""
    table_uri: str = ""
    queue_uri: str = ""
    client_id: str = ""
