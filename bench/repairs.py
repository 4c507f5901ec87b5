"""One lock repair, from queue message to verified: real Azurite, real SDKs, the local Azure, a worker's process."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from azure.storage.queue import QueueClient, TextBase64DecodePolicy

import composition
from bench.azure_cli import AzureCli
from bench.minimum import minimum
from bench.repairing import Carried
from bench.samples import Spread
from bench.wire import STATE, Call, Place, Ports, counted, place_of
from checks.incident import State
from tests.host.azurite import ROOT, azurite
from tests.installation import PERMISSIVE, applied, environment
from tests.local_azure import LocalAzure, Registry

LATENCIES: Final = (0.0, 0.03)
PROCESSES: Final = 5
_COLD, _WARM, _OTHER = "cold", "warm", "warm, a new repository"
# What one process is given, in this order: the first is cold, and says nothing of the rest.
_LIFE: Final = (
    (_COLD, "team/app", 1),
    (_WARM, "team/app", 4),
    (_OTHER, "team/other-{}", 2),
)
_POLICY: Final = f"""{PERMISSIVE}
brakes:
  cooldown: 1s
  storm: {{changes: 1000, within: 1h}}
  open_changes: 200
"""


class RepairFailed(Exception):
    """What was to be measured did not happen."""


@dataclass(frozen=True)
class Repaired:
    """Repairs of one temper at one latency: seconds in all, seconds until verified, calls, and connections."""

    temper: str
    latency: float
    seconds: Spread
    until_verified: Spread
    calls: dict[Place, int]
    least: dict[Place, int]
    connections: float
    sequence: tuple[str, ...]


@dataclass(frozen=True)
class Repairs:
    """What was measured of the bot, and of `az` doing the same."""

    repaired: tuple[Repaired, ...]
    cli: AzureCli


def measure() -> Repairs:
    """A fresh process and a fresh registry for each turn, at each latency."""
    with _installed() as bench:
        repaired = tuple(one for latency in LATENCIES for one in bench.repaired(latency))
        return Repairs(repaired, bench.cli())


@contextmanager
def _installed() -> Iterator["_Bench"]:
    with tempfile.TemporaryDirectory() as folder, azurite() as storage, LocalAzure() as azure:
        policy = Path(folder) / "policy.yaml"
        policy.write_text(_POLICY, encoding="utf-8")
        yield _Bench(azure, storage, policy)


@dataclass(frozen=True)
class _Bench:
    azure: LocalAzure
    storage: str
    policy: Path

    def repaired(self, latency: float) -> Iterator[Repaired]:
        """One of each temper."""
        carried: dict[str, list[Carried]] = {temper: [] for temper, _, _ in _LIFE}
        for _ in range(PROCESSES):
            for temper, one in self._life(latency):
                carried[temper].append(one)
        return (self._summed(temper, latency, ones) for temper, ones in carried.items())

    def cli(self) -> AzureCli:
        """The same with `az`."""
        registry = self.azure.add_registry("benchcli")
        registry.push("team/app", "v0")
        return AzureCli.measure(self.azure, registry, LATENCIES)

    def _life(self, latency: float) -> Iterator[tuple[str, Carried]]:
        """One process, from its first repair to its last."""
        registry = self.azure.add_registry(f"bench{len(self.azure.registries)}")
        settings = environment(self.azure, self.storage, self.policy)
        with applied(settings):
            app = composition.build()
            asked = [
                (temper, self._refused(app, registry, repository.format(number), f"v{number}"))
                for temper, repository, times in _LIFE
                for number in range(_first(temper), _first(temper) + times)
            ]
            self.azure.latency = latency
            done = subprocess.run(
                [sys.executable, "-m", "bench.repairing"],
                cwd=ROOT,
                input=msgspec.json.encode([message for _, message in asked]),
                stdout=subprocess.PIPE,
                check=True,
            )
            self.azure.latency = 0.0
            if any(one.state is not State.MENDED for one in app.incidents.of(registry.name)):
                raise RepairFailed([one.state for one in app.incidents.of(registry.name)])
        carried = msgspec.json.decode(done.stdout, type=tuple[Carried, ...])
        return ((temper, one) for (temper, _), one in zip(asked, carried, strict=True))

    def _refused(self, app: composition.App, registry: Registry, repository: str, tag: str) -> str:
        """The queue message that comes of a push to a locked tag."""
        registry.push(repository, tag)
        registry.lock(repository, tag)
        self.azure.push(registry, repository, tag, b"new")
        with QueueClient.from_connection_string(
            self.storage, "push-medic", message_decode_policy=TextBase64DecodePolicy()
        ) as queue:
            if self._queue_exists(queue):
                queue.clear_messages()
            app.reception.rows(body.encode() for body in self.azure.take_hub_bodies())
            return str(next(iter(queue.receive_messages())).content)

    @staticmethod
    def _queue_exists(queue: QueueClient) -> bool:
        """The bot makes its queue at the first message."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            queue.get_queue_properties()
        except ResourceNotFoundError:
            return False
        return True

    def _summed(self, temper: str, latency: float, carried: Sequence[Carried]) -> Repaired:
        ports = self._ports()
        calls = [counted(one.calls, ports) for one in carried]
        usual = max(calls, key=calls.count)
        outbox = usual[Place.QUEUES]
        least = minimum(outbox, cold=temper == _COLD, new_repository=temper == _OTHER)
        example = carried[calls.index(usual)]
        return Repaired(
            temper=temper,
            latency=latency,
            seconds=Spread.of([one.ended - one.begun for one in carried]),
            until_verified=Spread.of([_verified_at(one, ports) - one.begun for one in carried]),
            calls=dict(usual),
            least=dict(least),
            connections=Spread.of([one.connections for one in carried]).median,
            sequence=tuple(_told(call, example, ports) for call in example.calls),
        )

    def _ports(self) -> Ports:
        parts = dict(part.split("=", 1) for part in self.storage.split(";"))
        return Ports(
            tables=urlsplit(parts["TableEndpoint"]).port or 0,
            queues=urlsplit(parts["QueueEndpoint"]).port or 0,
            identity=self.azure.http_port,
        )


def _first(temper: str) -> int:
    """A cold repair's tag is not one of the warm ones', though their repository is the same."""
    return 0 if temper == _COLD else 1


def _verified_at(carried: Carried, ports: Ports) -> float:
    """When the answer of the last read of Azure was there: when the bot turned to its own state again."""
    places = [place_of(call, ports) for call in carried.calls]
    last = max(place for place, where in enumerate(places) if where not in STATE)
    return carried.calls[last + 1].at if last + 1 < len(places) else carried.ended


def _told(call: Call, carried: Carried, ports: Ports) -> str:
    return f"{(call.at - carried.begun) * 1000:7.1f} ms  {place_of(call, ports):8}  {call}"
