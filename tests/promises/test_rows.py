"""Every row that stands is in exactly one incident, by whichever way it comes, how often and how late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.incident import State
from checks.intake.diagnostic_logs import read_bodies
from checks.model import Clock
from remediations.catch_up import CatchUp, Watermark
from remediations.rejected import Kept, Rejected
from remediations.responder import withdraw
from tests.checks.intake.test_diagnostic_logs import LOGIN, PROPERTIES, PUSH, body
from tests.memory import START, MemoryTable
from tests.remediations.test_reception import Desk
from tests.worlds import CONTOSO

MINUTE: Final = timedelta(minutes=1)
ROUND: Final = 5 * MINUTE
REGISTRIES: Final = {CONTOSO.key: CONTOSO}


class Written(msgspec.Struct, frozen=True):
    """A row: when it was written, when the workspace has it, and when the stream brings it, if it does."""

    row: dict[str, Any]
    at: datetime
    in_workspace: datetime
    in_stream: tuple[datetime, ...]


class Workspace:
    """Log Analytics, which has each row as late as it comes."""

    def __init__(self, rows: Sequence[Written], clock: Clock) -> None:
        self._rows = rows
        self._clock = clock

    def failures(self, since: datetime, until: datetime) -> tuple[bytes, ...]:
        found = (one for one in self._rows if since <= one.at <= until and one.in_workspace <= self._clock())
        return tuple(body(one.row) for one in found)


def written(rows: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Written]:
    def row(fields: dict[str, Any], at: int, late: int, delays: list[int]) -> Written:
        when = START + timedelta(seconds=at)
        whole = fields | {"time": when.isoformat(), "resourceId": CONTOSO.resource_id}
        stream = tuple(when + minutes * MINUTE for minutes in delays)
        return Written(row=whole, at=when, in_workspace=when + late * MINUTE, in_stream=stream)

    minutes = st.sampled_from([1, 5, 15, 25, 70, 200])
    return st.builds(row, rows, st.integers(0, 900), minutes, st.lists(minutes, max_size=2))


WHO: Final = {
    "identity": st.sampled_from(["one", "other"]),
    "callerIpAddress": st.sampled_from(["20.0.0.1", "20.0.0.2:50123"]),
}
PUSHES: Final = st.fixed_dictionaries(
    {key: st.just(value) for key, value in PUSH.items()}
    | WHO
    | {
        "resultDescription": st.sampled_from(["405", "401", "429", "418", "201"]),
        "properties": st.fixed_dictionaries(
            {key: st.just(value) for key, value in PROPERTIES.items()}
            | {"tag": st.sampled_from(["v1", "v2", "<nil>"])}
        ),
    }
)
LOGINS: Final = st.fixed_dictionaries(
    {key: st.just(value) for key, value in LOGIN.items()}
    | WHO
    | {"resultDescription": st.sampled_from(["401", "403", "200"])}
)


@given(rows=st.lists(written(PUSHES | LOGINS), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_a_row_that_stands_is_in_one_incident_by_whichever_way_it_comes(rows: list[Written]) -> None:
    desk = Desk()
    clock = desk.bot.clock
    logs, marks = Workspace(rows, clock), MemoryTable(Watermark)
    over = partial(withdraw, desk.bot.medic)
    catch_up = CatchUp(logs, marks, desk.reception, Rejected(MemoryTable(Kept), clock), clock, over)
    stream = sorted((at, n) for n, one in enumerate(rows) for at in one.in_stream)
    for look in (START + n * ROUND for n in range(5 * 12)):
        while stream and stream[0][0] <= look:
            at, number = stream.pop(0)
            clock.advance(at - clock())
            desk.reception.rows([body(rows[number].row)])
        clock.advance(look - clock())
        catch_up.run()
    standing = read_bodies([body(one.row) for one in rows], REGISTRIES).signals
    told = [signal for incident in desk.bot.incidents for signal in incident.signals]
    assert len(told) == len(set(told)) == sum(incident.count for incident in desk.bot.incidents)
    ends = [
        end
        for one in desk.bot.incidents
        if (end := one.ended_at if one.state is State.CLOSED else one.not_before)
    ]
    late = [signal for signal in standing if signal.id not in told]
    assert all(any(signal.at <= end for end in ends) for signal in late), (
        "only what is older than the end may be none"
    )
