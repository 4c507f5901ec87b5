"""A checkup, in; what the terminal shows of it, out."""

from collections.abc import Iterator

from checks.health import Mark
from checks.health_text import MARKS, wrapped
from remediations.doctor import Checkup


def as_text(checkup: Checkup) -> Iterator[str]:
    """The lines to print, the summary last. Nothing in them can move a terminal's cursor or change its colours."""
    yield f"Push Medic: looked at {checkup.at:%Y-%m-%d %H:%M} UTC"
    yield ""
    for finding in checkup.findings:
        yield from wrapped(f"{finding.about}: {finding.saw}", MARKS[finding.mark])
        if finding.mend:
            yield from wrapped(f"→ {finding.mend}")
    yield ""
    yield _summary(checkup)


def _summary(checkup: Checkup) -> str:
    wrong, unknown = len(checkup.marked(Mark.WRONG)), len(checkup.marked(Mark.UNKNOWN))
    parts = [f"{wrong} wrong" if wrong else "nothing wrong"]
    if unknown:
        parts.append(f"{unknown} could not be told")
    parts.append(f"{len(checkup.marked(Mark.NOTED))} noted")
    parts.append(f"{len(checkup.marked(Mark.FINE))} fine")
    return f"{', '.join(parts)}.".capitalize()
