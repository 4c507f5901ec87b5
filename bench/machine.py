"""Where the figures come from: the machine, and the versions of what was measured."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

_MEASURED: Final = (
    "azure-functions",
    "msgspec",
    "azure-core",
    "azure-identity",
    "azure-mgmt-containerregistry",
    "azure-containerregistry",
    "azure-data-tables",
    "azure-storage-queue",
    "requests",
)


@dataclass(frozen=True)
class Machine:
    """One machine, and what was installed on it."""

    cores: int
    cpu: str
    memory_gib: float
    system: str
    load: float
    python: str
    versions: dict[str, str]

    def shown(self) -> str:
        installed = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"{self.cores} cores of {self.cpu}, {self.memory_gib:.0f} GiB, {self.system}, "
            f"load {self.load:.1f} at the start\nPython {self.python}; {installed}"
        )


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        cores=os.process_cpu_count() or 1,
        cpu=_of_linux("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3,
        system=f"{platform.system()} {platform.release()}",
        load=os.getloadavg()[0],
        python=platform.python_version(),
        versions={name: version(name) for name in _MEASURED},
    )


def _of_linux(file: str, key: str) -> str:
    """The value of the first line with that key, or nothing where there is no such file."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
