"""The pager PagerDuty, by its Events API v2: events with one `dedup_key` are one alert, however many there are."""

import re
from typing import Final

import msgspec

from remediations.adapters.desk_api import DeskApi
from remediations.model import Notice, Severity
from remediations.ports import Dead, NoAnswer, Ref
from remediations.ticket_text import paragraphs, quoted, title

_SEVERITIES: Final = {
    Severity.URGENT: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
    Severity.GOOD: "info",
}
# Better news wakes nobody.
_WAKES: Final = (Severity.URGENT, Severity.WARNING)
_ROUTING_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")


class _Processed(msgspec.Struct, frozen=True):
    dedup_key: str


class PagerDuty:
    """One integration of one service. Its routing key is the secret, and goes in the body and nowhere else."""

    name: Final = "pagerduty"
    # The dedup key makes one alert of whatever is sent twice, so there is nothing to look up.
    repeatable: Final = True
    lag: Final = 0

    def __init__(self, routing_key: str, *, url: str, ca_bundle: str | None = None) -> None:
        self._routing_key = routing_key
        self._api = DeskApi(url, lambda: "", ca_bundle=ca_bundle)

    def find(self, key: str) -> None:  # noqa: ARG002  the dedup key finds it
        return None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        return self._trigger(key, message_id, notice)

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | NoAnswer:
        """Page again where things got worse; what is no reason to wake anybody is not sent at all."""
        return self._trigger(ref.id, message_id, notice) if notice.severity in _WAKES else ref

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | NoAnswer:  # noqa: ARG002  it says no more
        return self._send({"event_action": "resolve", "dedup_key": ref.id})

    def _trigger(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        said = {"quoted": quoted(notice)} if notice.quoted else {}
        return self._send(
            {
                "event_action": "trigger",
                "dedup_key": key,
                "payload": {
                    "summary": title(notice),
                    "source": dict(notice.facts).get("Registry", "Push Medic"),
                    "severity": _SEVERITIES[notice.severity],
                    "timestamp": notice.at.isoformat(),
                    "component": "push-medic",
                    "custom_details": {
                        "text": "\n\n".join(paragraphs(notice)),
                        "message": message_id,
                        **said,
                    },
                },
            }
        )

    def _send(self, event: dict[str, object]) -> Ref | NoAnswer:
        if not _ROUTING_KEY.fullmatch(self._routing_key):
            return Dead("its routing key is not one of 32 letters and digits")
        sent = self._api.ask("POST", "v2/enqueue", _Processed, {"routing_key": self._routing_key, **event})
        return Ref(sent.dedup_key, sent.dedup_key) if isinstance(sent, _Processed) else sent
