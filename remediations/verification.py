"""An incident's journal in, what is wrong with it out: whether the past is as it was written, and all there."""

from checks.incident import Incident, State
from remediations.journal import Journal, broken_at


def flaw(journal: Journal, incident: str, row: Incident | None, published: int) -> str:
    """What shows that somebody changed the past, or nothing.

    Each record carries the digest of the one before, so what was edited, taken out or moved shows by itself; what
    was cut off at the end shows by what else is known: by the incident's state, and by how much was published.
    """
    records = journal.read(incident)
    broken = broken_at(records)
    if broken:
        return f"record {broken} does not follow from the one before it"
    if not records:
        return "there is no record of it"
    if records[-1].seq < published:
        return f"{published} records were published, and {records[-1].seq} are left"
    if row and row.state is State.CLOSED and all(record.key != "ended" for record in records):
        return "it has ended, and the record of that is missing"
    return ""
