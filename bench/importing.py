"""One import in a process of its own: how long it takes and how large the process is then.

    python -m bench.importing function_app
    python -m bench.importing --first-batch < body

Nothing is imported before the clock starts that an empty interpreter does not have.
"""

import sys
import time


def resident_mib() -> float:
    """How much of this process is in memory now; where the system does not tell, the most that ever was."""
    import os

    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - pathlib would count, too
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _first_batch(body: bytes) -> None:
    """What the worker does when the first event comes: load the app, put it together, take the rows in."""
    import function_app

    function_app._app().reception.rows([body])  # noqa: SLF001 - the trigger itself wants a worker around it


def main(what: str) -> None:
    """Print what the import cost, and which modules it brought."""
    body = sys.stdin.buffer.read() if what == "--first-batch" else b""
    begun = time.perf_counter()
    if what == "--first-batch":
        _first_batch(body)
    else:
        __import__(what)
    took = time.perf_counter() - begun
    resident = resident_mib()

    import json

    loaded = sorted(set(sys.modules) - set(sys.builtin_module_names))
    sys.stdout.write(json.dumps({"seconds": took, "resident_mib": resident, "modules": loaded}))


if __name__ == "__main__":
    main(sys.argv[1])
