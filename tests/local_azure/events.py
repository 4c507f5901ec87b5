"""Event Grid events as Azure raises them, in either schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.local_azure.clock import seven_decimals


@dataclass(frozen=True)
class Event:
    """One event, before a subscription's schema gives it its final form."""

    id: str
    type: str
    subject: str
    topic: str
    time: datetime
    data: dict[str, Any]
    data_version: str = "2.0"
    only_in_event_grid_schema: tuple[tuple[str, Any], ...] = ()

    def as_event_grid(self) -> dict[str, Any]:
        """Give it in the Event Grid schema (data version 2.0 adds the location, as documented)."""
        return {
            "id": self.id,
            "topic": self.topic,
            "subject": self.subject,
            "eventType": self.type,
            "eventTime": seven_decimals(self.time),
            "data": self.data | dict(self.only_in_event_grid_schema),
            "dataVersion": self.data_version,
            "metadataVersion": "1",
        }

    def as_cloud_event(self) -> dict[str, Any]:
        """Give it as a CloudEvent 1.0."""
        return {
            "id": self.id,
            "source": self.topic,
            "subject": self.subject,
            "type": self.type,
            "time": seven_decimals(self.time),
            "data": self.data,
            "specversion": "1.0",
        }


def new_id() -> str:
    """Give a fresh event id."""
    return str(uuid4())
