"""A storage account on this machine: Azurite, with nothing on disk."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

ROOT = Path(__file__).parents[2]
_AZURITE = ROOT / "node_modules/azurite/dist/src/azurite.js"

# Azurite's well-known account: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (http://\S+)")
_SERVICES = 3


class AzuriteMissing(Exception):
    """The emulator is not installed."""

    def __init__(self) -> None:
        super().__init__(f"there is no {_AZURITE.relative_to(ROOT)}: run `make ready` first")


@contextmanager
def azurite() -> Iterator[str]:
    """The connection string of an empty storage account that is gone afterwards."""
    if not _AZURITE.exists():
        raise AzuriteMissing
    with tempfile.TemporaryDirectory() as folder, _started(folder) as process:
        output = _stream(process)
        said: list[str] = []
        endpoints: dict[str, str] = {}
        for line in output:
            said.append(line)
            if listening := _LISTENING.search(line):
                endpoints[listening[1]] = f"{listening[2]}/{_ACCOUNT}"
            if len(endpoints) == _SERVICES:
                break
        else:
            raise RuntimeError("Azurite did not start:\n" + "".join(said))
        Thread(target=output.read, daemon=True).start()
        yield ";".join(
            (
                "DefaultEndpointsProtocol=http",
                f"AccountName={_ACCOUNT}",
                f"AccountKey={_KEY}",
                *(f"{service}Endpoint={address}" for service, address in endpoints.items()),
            )
        )


@contextmanager
def _started(folder: str) -> Iterator[subprocess.Popen[str]]:
    """Azurite itself and not npx, which would be another process; the system chooses its ports."""
    process = subprocess.Popen(
        [
            "node",
            str(_AZURITE),
            "--silent",
            "--disableTelemetry",
            "--inMemoryPersistence",
            # The SDKs speak a newer version of the protocol than this one knows, and it understands them.
            "--skipApiVersionCheck",
            *(f"--{service}Host=127.0.0.1" for service in ("blob", "queue", "table")),
            *(f"--{service}Port=0" for service in ("blob", "queue", "table")),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        _stream(process).close()


def _stream(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise RuntimeError("Azurite was started without a pipe")
    return process.stdout
