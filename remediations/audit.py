"""Every record of the journal, published for those who keep an audit of their own: in order, and at least once.

A record is a row before it is published, and publishing is a command like any other, so it can be late and it can
be repeated, but nothing that the bot does ever waits for it.
"""

from datetime import timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.ports import AuditTopic, Publish, Queue, Table

_PARTITION: Final = "published"
# Longer than it takes to write the record that was announced.
_SETTLED_AFTER: Final = timedelta(seconds=30)
_AGAIN_IN: Final = timedelta(minutes=5)
_BATCH: Final = 20
# Whose announcement was lost is looked for as long as this.
_LOOKED_FOR: Final = timedelta(days=2)


class Published(Value, frozen=True):
    """Up to which record an incident's journal was published."""

    seq: int


class Audit:
    """Publishes journals to a topic, each from where it left off."""

    def __init__(
        self, journal: Journal, table: Table[Published], topic: AuditTopic, queue: Queue, clock: Clock
    ) -> None:
        self._journal = journal
        self._table = table
        self._topic = topic
        self._queue = queue
        self._clock = clock

    def publish(self, incident: str) -> str:
        """Why something of it is not published yet, and then it is tried again later; or nothing."""
        known = self.published(incident)
        new = [record for record in self._journal.read(incident) if record.seq > known]
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            why = self._topic.publish(incident, batch)
            if why:
                self._queue.send(Publish(incident), _AGAIN_IN)
                return why
            self._keep(incident, batch[-1].seq)
        return ""

    def published(self, incident: str) -> int:
        """How many of its records were published."""
        row = self._table.read(_PARTITION, incident)
        return row.value.seq if row else 0

    def catch_up(self, incidents: Incidents, registry: str) -> None:
        """Ask once more for whatever moved lately: an announcement can be lost, and a worker can die."""
        since = self._clock() - _LOOKED_FOR
        for incident in tuple(incidents.of(registry)):
            if max(incident.moved_at, incident.last_at) > since:
                self._queue.send(Publish(incident.id))

    def _keep(self, incident: str, seq: int) -> None:
        """Whoever got further meanwhile is right; whoever did not publishes some of it once more."""
        row = self._table.read(_PARTITION, incident)
        if row is None:
            self._table.insert(_PARTITION, incident, Published(seq))
        elif row.value.seq < seq:
            self._table.replace(_PARTITION, incident, Published(seq), row.version)


def announce(queue: Queue, incident: str) -> None:
    """Have a record published that is about to be written."""
    queue.send(Publish(incident), _SETTLED_AFTER)
