"""A private view of this machine: Azure's names lead to loopback, and nothing leads anywhere else.

Nothing outside this process and its children sees any of it, and it is gone with the last of them.
"""

import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path

# From linux/sockios.h and linux/if.h.
_SIOCSIFFLAGS = 0x8914
_UP_AND_RUNNING = 0x1 | 0x40


class Unavailable(Exception):
    """This machine cannot do it, and why."""


def enter(hosts: Path) -> None:
    """From now on /etc/hosts is this file, which may change, and the only network is a fresh loopback.

    To be called before there is any other thread. Raises Unavailable where that takes rights that we lack.
    """
    if not hasattr(os, "unshare") or os.geteuid() != 0:
        raise Unavailable("it takes root on Linux, for a private mount namespace")
    try:
        os.unshare(os.CLONE_NEWNS | os.CLONE_NEWNET)
        subprocess.run(["mount", "--make-rprivate", "/"], check=True, capture_output=True)
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True, capture_output=True)
        _bring_up_loopback()
    except (OSError, subprocess.CalledProcessError) as refused:
        raise Unavailable(f"a private mount namespace was refused: {refused}") from refused


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)
