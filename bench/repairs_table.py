"""What was measured of repairs, as tables."""

from collections.abc import Sequence
from typing import Final

from bench.repairs import LATENCIES, PROCESSES, Repaired, Repairs
from bench.table import table
from bench.wire import STATE, Place

_AZURE: Final = tuple(place for place in Place if place not in STATE)


def shown(measured: Repairs, *, calls: bool) -> str:
    """Calls and times; with `calls`, every call of one repair of each temper."""
    sequences = [
        f"Every call, {one.temper}:\n" + "\n".join(one.sequence) for one in _at(measured, LATENCIES[0])
    ]
    return "\n\n".join((_calls(measured), _times(measured), *(sequences if calls else ())))


def _calls(measured: Repairs) -> str:
    head = ("HTTP calls", *Place, "all of Azure", "all of state", "connections")
    rows = [
        row
        for one in _at(measured, LATENCIES[0])
        for row in (
            _row(one.temper, one.calls, f"{one.connections:.0f}"),
            _row("  the least possible", one.least, ""),
        )
    ]
    channels = measured.repaired[0].calls.get(Place.QUEUES, 0)
    return (
        f"{table(head, rows)}\nThe least possible is derived line by line in bench/minimum.py. "
        f"People are told by {channels} channel(s); sending is another message's work. az makes {measured.cli.calls}."
    )


def _row(name: str, calls: dict[Place, int], connections: str) -> tuple[str, ...]:
    azure = sum(calls.get(place, 0) for place in _AZURE)
    state = sum(calls.get(place, 0) for place in STATE)
    return (name, *(str(calls.get(place, 0)) for place in Place), str(azure), str(state), connections)


def _times(measured: Repairs) -> str:
    head = ("ms (lowest-highest)", *(f"{added * 1000:.0f} ms added a call" for added in LATENCIES))
    tempers = [one.temper for one in _at(measured, LATENCIES[0])]
    rows = []
    for temper in tempers:
        ones = [one for one in measured.repaired if one.temper == temper]
        rows.append((f"{temper}: until verified", *(_ms(one) for one in ones)))
        rows.append(("  and told, settled, released", *(one.seconds.shown(0.001, 0) for one in ones)))
        rows.append(("  times faster than az", *(_faster(one, measured) for one in ones)))
    rows.append(("az: show, update, show", *(measured.cli.took[at].shown(0.001, 0) for at in LATENCIES)))
    return (
        f"{table(head, rows)}\n{PROCESSES} processes. The time is added to ARM, registry and token calls, not to "
        f"state.\naz: {measured.cli.source}."
    )


def _ms(one: Repaired) -> str:
    return one.until_verified.shown(0.001, 0)


def _faster(one: Repaired, measured: Repairs) -> str:
    return f"{measured.cli.took[one.latency].median / one.until_verified.median:.1f}"


def _at(measured: Repairs, latency: float) -> Sequence[Repaired]:
    return [one for one in measured.repaired if one.latency == latency]
