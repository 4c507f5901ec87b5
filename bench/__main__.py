"""Measure everything, and print it.

python -m bench            tables
python -m bench --json     one object
python -m bench --calls    and every call of a repair, in order
python -m bench --only imports     a part of it
"""

import argparse
import sys
from typing import Any, Final

import msgspec

from bench import forecasts, imports, intake, looking, repairs, repairs_table
from bench.machine import this_machine

_PARTS: Final = ("imports", "intake", "repairs", "forecasts", "looking")


def main() -> None:
    """What was measured, on stdout; how far it is, on stderr."""
    arguments = _arguments()
    found: dict[str, Any] = {"machine": this_machine()}
    texts = [found["machine"].shown()]
    wanted = arguments.only or _PARTS
    if "imports" in wanted:
        _say("importing")
        found["imports"] = imports.measure()
        texts.append(f"(a) Starting\n\n{imports.shown(found['imports'])}")
    if "intake" in wanted:
        _say("taking rows in")
        found["intake"] = intake.measure()
        texts.append(f"(b) Taking diagnostic rows in\n\n{intake.shown(found['intake'])}")
    if "repairs" in wanted:
        _say("repairing")
        found["repairs"] = repairs.measure()
        shown = repairs_table.shown(found["repairs"], calls=arguments.calls)
        texts.append(f"(c) One lock repair, from queue message to verified\n\n{shown}")
    if "forecasts" in wanted:
        _say("forecasting")
        found["forecasts"] = forecasts.measure()
        texts.append(f"(d) Forecasting when a registry is full\n\n{forecasts.shown(found['forecasts'])}")
    if "looking" in wanted:
        _say("looking at everything")
        found["looking"] = looking.measure()
        texts.append(
            f"(e) One look at everything, Azurite on this machine\n\n{looking.shown(found['looking'])}"
        )
    print(msgspec.json.encode(found).decode() if arguments.json else "\n\n".join(texts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="How long things take.")
    parser.add_argument("--only", choices=_PARTS, action="append", help="measure this part, not all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--calls", action="store_true", help="print every call of a repair")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"· {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
