"""The same repair by hand with `az`: look at the tag, unlock it, look again.

Measured in the same run where there is an `az`; otherwise the times that were measured against the same local Azure
on an otherwise idle machine, with azure-cli 2.91.0 on Python 3.12.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from bench.samples import Spread, seconds
from tests.local_azure import LocalAzure, Registry

# `az acr repository update --image`: 0.60-0.71 s. A show makes the same calls but for the last, a GET.
_QUOTED: Final = (0.60, 0.655, 0.71)
# GET resources, GET registry, GET /v2/ twice, exchange, token, and the GET or PATCH itself.
_CALLS_OF_A_COMMAND: Final = 7
_COMMANDS: Final = 3
_TIMES: Final = 5


@dataclass(frozen=True)
class AzureCli:
    """Seconds for the three commands at each latency, their calls, and where the figures come from."""

    took: dict[float, Spread]
    calls: int
    source: str

    @classmethod
    def measure(cls, azure: LocalAzure, registry: Registry, latencies: Sequence[float]) -> Self:
        """With the `az` on the PATH, logged in already; else what was quoted."""
        az = shutil.which("az")
        if az is None:
            return cls._quoted(latencies)
        with tempfile.TemporaryDirectory() as folder:
            return cls._measured(_Terminal(az, folder, azure), azure, registry, latencies)

    @classmethod
    def _quoted(cls, latencies: Sequence[float]) -> Self:
        calls = _COMMANDS * _CALLS_OF_A_COMMAND
        low, middle, high = (_COMMANDS * one for one in _QUOTED)
        took = {
            added: Spread(middle + calls * added, low + calls * added, high + calls * added)
            for added in latencies
        }
        return cls(
            took, calls, "quoted from an idle machine, with the added time computed; there is no az here"
        )

    @classmethod
    def _measured(
        cls, terminal: "_Terminal", azure: LocalAzure, registry: Registry, latencies: Sequence[float]
    ) -> Self:
        terminal.log_in()
        took, calls = {}, 0
        for azure.latency in latencies:
            turns = []
            for turn in range(_TIMES + 1):
                registry.lock("team/app", "v0")
                before = len(azure.requests)
                turns.append(seconds(lambda: terminal.repair(registry)))
                calls = len(azure.requests) - before
                assert registry.attributes("team/app", "v0").write_enabled, turn
            took[azure.latency] = Spread.of(turns[1:])
        azure.latency = 0.0
        return cls(took, calls, f"measured in this run, azure-cli {terminal.version()}")


@dataclass(frozen=True)
class _Terminal:
    """A person's terminal, with a configuration of its own."""

    az: str
    folder: str
    azure: LocalAzure

    def log_in(self) -> None:
        self.run("cloud", "register", "-n", "local", "--endpoint-resource-manager", self.azure.arm_url)
        self.run("cloud", "set", "-n", "local")
        identity = ("-u", "11111111-1111-1111-1111-00000000000c", "-p", "secret")
        tenant = ("--tenant", "22222222-2222-2222-2222-222222222222")
        self.run("login", "--service-principal", *identity, *tenant)

    def repair(self, registry: Registry) -> None:
        image = ("--name", registry.name, "--image", "team/app:v0")
        self.run("acr", "repository", "show", *image)
        self.run("acr", "repository", "update", *image, "--write-enabled", "true")
        self.run("acr", "repository", "show", *image)

    def version(self) -> str:
        return self.run("version", "--query", '"azure-cli"', "-o", "tsv").strip()

    def run(self, *arguments: str) -> str:
        """What the command printed. Raises CalledProcessError where it failed."""
        environment = {
            **os.environ,
            "AZURE_CONFIG_DIR": self.folder,
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "REQUESTS_CA_BUNDLE": self.azure.ca_bundle,
        }
        done = subprocess.run(
            [self.az, *arguments], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout
