"""The same worker, killed at one of its calls over the network: the process ends there, as with the power gone.

`MORTAL_AT` is the number of the request before which it dies, and `MORTAL_LOG` a file that gets a line for each.
"""

import itertools
import os
import signal
import sys
import threading
from pathlib import Path

from tests.host import miniworker

_METHODS = (b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"MERGE ")


def _install() -> None:
    last, log = int(os.environ["MORTAL_AT"]), Path(os.environ["MORTAL_LOG"])
    numbers, mutex = itertools.count(1), threading.Lock()

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        # https://docs.python.org/3/library/http.client.html: raised with the connection and what is about to be sent
        if event != "http.client.send" or not isinstance(arguments[1], bytes):
            return
        if not arguments[1].startswith(_METHODS):
            return
        with mutex:
            if next(numbers) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            with log.open("ab") as lines:
                lines.write(arguments[1].partition(b"\r\n")[0] + b"\n")

    sys.addaudithook(audit)


if __name__ == "__main__":
    _install()
    miniworker.main()
