"""Push clients as Debian's unstable distribution packages them, unpacked in a folder: the system is not touched."""

import os
import subprocess
from pathlib import Path

_SOURCE = "deb http://deb.debian.org/debian sid main\n"
_PACKAGES = ("crane", "oras")


class NotFetched(Exception):
    """The archive did not give them, and why."""


def fetched(folder: Path) -> Path:
    """A folder with the programs, which need nothing but the C library. Raises NotFetched."""
    for part in ("lists/partial", "cache/archives/partial", "root"):
        (folder / part).mkdir(parents=True)
    (folder / "sources.list").write_text(_SOURCE)
    places = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
    }
    apt = ["apt-get", "--quiet=2", *(f"--option={name}={place}" for name, place in places.items())]
    try:
        _run([*apt, "update"], folder)
        _run([*apt, "download", *_PACKAGES], folder)
        for package in folder.glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(package), "root"], folder)
    except (OSError, subprocess.CalledProcessError) as why:
        raise NotFetched(f"Debian's archive did not give {' and '.join(_PACKAGES)}: {why}") from why
    return folder / "root/usr/bin"


def put_first(programs: Path) -> None:
    """From now on these programs are found before the system's."""
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
