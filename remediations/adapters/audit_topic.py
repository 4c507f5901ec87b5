"""Records as CloudEvents on an Event Grid topic."""

from collections.abc import Sequence
from typing import Any

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient

from remediations.model import Record

RECORDED = "PushMedic.Recorded"


class EventGridTopic:
    """Sends with an identity that holds EventGrid Data Sender on the topic, and with no key."""

    def __init__(self, endpoint: str, credential: TokenCredential) -> None:
        self._client = EventGridPublisherClient(
            endpoint,
            credential,
            connection_timeout=5,
            read_timeout=20,
            retry_total=2,
            permit_redirects=False,
        )

    def publish(self, incident: str, records: Sequence[Record]) -> str:
        """Why they were not taken, or nothing. An event that is sent twice has the same id both times."""
        try:
            self._client.send([_event(incident, record) for record in records])
        except HttpResponseError as error:
            return f"the topic answered {error.status_code}"
        except AzureError as error:
            return f"the topic was not reached ({type(error).__name__})"
        return ""


def _event(incident: str, record: Record) -> CloudEvent[dict[str, Any]]:
    """The record as `medic audit export` writes it, in an envelope that others can route by."""
    registry = incident.partition("-")[0]
    return CloudEvent(
        id=f"{incident}/{record.seq}",
        source=f"/push-medic/registries/{registry}",
        type=RECORDED,
        subject=incident,
        time=record.at,
        data={"incident": incident, **msgspec.to_builtins(record)},
    )
