"""A real Docker engine for as long as a `with` block lasts, with everything that is its in one folder."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 60.0
# Why it needs no network of its own, no firewall rules and no storage driver from the kernel: it only pushes.
_FLAGS = (
    "--iptables=false",
    "--ip6tables=false",
    "--ip-forward=false",
    "--ip-masq=false",
    "--bridge=none",
    "--userland-proxy=false",
    "--storage-driver=vfs",
)


class EngineFailed(Exception):
    """The engine did not start. The message ends with what it said last."""


@dataclass(frozen=True)
class Engine:
    """Where a running engine is spoken to, and where the containerd below it."""

    docker: Path
    containerd: Path


@contextlib.contextmanager
def engine(folder: Path, environment: Mapping[str, str]) -> Iterator[Engine]:
    """A running engine whose state, sockets and log are in `folder`."""
    sockets = Engine(folder / "docker.sock", folder / "exec/containerd/containerd.sock")
    places = ("--host", f"unix://{sockets.docker}", "--pidfile", folder / "docker.pid")
    roots = ("--data-root", folder / "data", "--exec-root", folder / "exec")
    log = folder / "dockerd.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            ["dockerd", *places, *roots, *_FLAGS],
            env=dict(environment),
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(sockets, process, log)
        yield sockets
    finally:
        _stop(process)
        # It mounts its own folder on itself, and leaves that behind when it is killed.
        for mounted in ("data", "exec"):
            subprocess.run(["umount", "--lazy", folder / mounted], check=False, capture_output=True)


def _wait_for(sockets: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    patient_until = time.monotonic() + _PATIENCE
    while time.monotonic() < patient_until:
        if process.poll() is not None:
            break
        asked = ["docker", "--host", f"unix://{sockets.docker}", "version"]
        if sockets.docker.exists() and not subprocess.run(asked, check=False, capture_output=True).returncode:
            return
        time.sleep(0.1)
    raise EngineFailed("dockerd did not start:\n" + "\n".join(log.read_text().splitlines()[-5:]))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the engine end its containerd; else end both."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
