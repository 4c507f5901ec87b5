"""What a cold start pays: importing the app, against importing azure.functions alone."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from bench.rows import RESOURCE_ID, bodies
from bench.samples import Spread, ratio
from bench.table import table

REPETITIONS: Final = 15
AIM_TIMES: Final = 1.5
AIM_MIB: Final = 15
_BARE, _EMPTY, _APP, _BATCH = "sys", "azure.functions", "function_app", "--first-batch"
_NAMES: Final = {
    _BARE: "the interpreter alone",
    _EMPTY: "import azure.functions",
    _APP: "import function_app",
    _BATCH: "… and its first batch of rows, no failure in it",
}
_SDKS: Final = ("azure.core", "azure.identity", "azure.data", "azure.storage", "msal", "requests", "urllib3")


@dataclass(frozen=True)
class Loaded:
    """One import, measured again and again: seconds, MiB, and both against azure.functions alone."""

    what: str
    seconds: Spread
    resident_mib: Spread
    times: Spread
    more_mib: Spread
    modules: int
    sdks: tuple[str, ...]


def measure() -> tuple[Loaded, ...]:
    """Each import in fresh processes, taking turns; the first turn only fills the caches."""
    turns = [{what: _fresh(what) for what in _NAMES} for _ in range(REPETITIONS + 1)][1:]
    return tuple(_loaded(what, turns) for what in _NAMES)


def _fresh(what: str) -> dict[str, Any]:
    registries = json.dumps([{"resourceId": RESOURCE_ID, "loginServer": "contoso.azurecr.io"}])
    environment = {
        **os.environ,
        "PUSH_MEDIC_REGISTRIES": registries,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.importing", what],
        input=bodies(100, failing=0)[0],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _loaded(what: str, turns: list[dict[str, dict[str, Any]]]) -> Loaded:
    took = [turn[what]["seconds"] for turn in turns]
    resident = [turn[what]["resident_mib"] for turn in turns]
    modules = turns[0][what]["modules"]
    return Loaded(
        what=_NAMES[what],
        seconds=Spread.of(took),
        resident_mib=Spread.of(resident),
        times=ratio(took, [turn[_EMPTY]["seconds"] for turn in turns]),
        more_mib=Spread.of(
            [mine - turn[_EMPTY]["resident_mib"] for mine, turn in zip(resident, turns, strict=True)]
        ),
        modules=len(modules),
        sdks=tuple(sdk for sdk in _SDKS if sdk in modules),
    )


def shown(measured: tuple[Loaded, ...]) -> str:
    """The figures as a table, and whether they meet the aim."""
    rows = [
        (
            one.what,
            one.seconds.shown(unit=0.001),
            f"{one.times.median:.2f}",
            f"{one.resident_mib.median:.1f}",
            f"{one.more_mib.median:+.1f}",
            str(one.modules),
            ", ".join(one.sdks) or "none",
        )
        for one in measured
    ]
    head = ("fresh process", "ms", "times", "MiB", "more MiB", "modules", "SDKs loaded")
    app = measured[2]
    met = app.times.median <= AIM_TIMES and app.more_mib.median <= AIM_MIB
    aim = f"Aim for function_app: at most {AIM_TIMES} times, +{AIM_MIB} MiB: {'met' if met else 'MISSED'}."
    return f"{table(head, rows)}\n{aim} {REPETITIONS} processes each."
