"""What the triggers hand over, in; incidents opened, ended, or a record of why not, out."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from checks.incident import Incident
from checks.intake.diagnostic_logs import Batch, read_bodies
from checks.intake.event_grid import Event, Pushed, RegistryWritten, Uneventful, read_event
from checks.intake.reported import Explained, decode_report, read_report
from checks.model import Clock, Registry, Rejection, Signal, Source
from remediations.incidents import Incidents
from remediations.proof import Refused, Word, about, backed, rejection
from remediations.rejected import Rejected


class Reception:
    """Takes signals in. Nothing is diagnosed here and no registry is touched, so a trigger is done in no time."""

    def __init__(
        self,
        registries: Mapping[str, Registry],
        incidents: Callable[[], Incidents],
        rejected: Callable[[], Rejected],
        clock: Clock,
    ) -> None:
        """`incidents` and `rejected` are asked for only when there is something to keep."""
        self._registries = registries
        self._by_id = {registry.key: registry for registry in registries.values()}
        self._incidents = incidents
        self._rejected = rejected
        self._clock = clock

    def rows(self, bodies: Iterable[bytes], source: Source = Source.DIAGNOSTIC_LOGS) -> Batch:
        """Take diagnostic rows in. What is no failure costs no call to storage."""
        batch = read_bodies(bodies, self._by_id, source)
        if batch.signals:
            self._incidents().report(batch.signals)
        if batch.rejections:
            self._rejected().keep(batch.rejections)
        return batch

    def event(self, event: Event) -> Pushed | RegistryWritten | Uneventful | Rejection:
        """Take an event of a registry in."""
        news = read_event(event, self._by_id)
        if isinstance(news, Rejection):
            self._rejected().keep([news])
        return news

    def report(
        self, body: bytes, source: Source, sent_from: str | None = None, word: Word | None = None
    ) -> Incident | Explained | Rejection:
        """Take a pipeline's report in.

        `sent_from` is the address that the platform saw it come from, `word` what its job's token shows. A token
        that does not count is counted as rejected, and its report is taken all the same, as a claim.
        """
        told = self._read(body, source, sent_from)
        if isinstance(told, Signal):
            word = about(word, told.registry)
        lost = [rejection(word, source)] if isinstance(word, Refused) else []
        match told:
            case Signal():
                self._keep(lost)
                return self._incidents().report([backed(told, word)])[0]
            case Explained():
                self._keep(lost)
                return told
            case Rejection():
                self._keep([*lost, told])
                return told

    def _read(self, body: bytes, source: Source, sent_from: str | None) -> Signal | Explained | Rejection:
        report = decode_report(body, source)
        if isinstance(report, Rejection):
            return report
        return read_report(
            report, self._registries.values(), source=source, now=self._clock(), sent_from=sent_from
        )

    def _keep(self, lost: Sequence[Rejection]) -> None:
        if lost:
            self._rejected().keep(lost)
