"""What takes up the room in a registry, read from its own catalogue without anybody else having to wait for it."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec
from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_registry import AZURE_ERRORS, METADATA_READ, unreadable
from checks.contents import Contents, Tally, contents
from checks.evidence import Unreadable
from checks.model import Clock, Registry, Value
from checks.names import is_digest, is_repository

CATALOG_READ: Final = "Microsoft.ContainerRegistry/registries/catalog/read"
_A_PAGE: Final = 100
_NAMED: Final = 20
# The first read of a repository is refused, then two more fetch a token for it, and a fourth brings the page.
_FIRST_READ: Final = 4
_COME_LATER: Final = (429, 503)
_UNSAID_WAIT: Final = 10.0
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


class Budget(Value, frozen=True):
    """How much may be read: Premium allows an identity 10,000 reads a minute, and Basic half of that.

    Source: https://learn.microsoft.com/azure/container-registry/container-registry-skus
    """

    reads_per_minute: int = 300
    seconds: float = 45


class AzureSurveyor:
    """Reads catalogue and manifests, a page at a time, as the budget allows. Never raises for what Azure answers."""

    def __init__(
        self,
        clients: AzureClients,
        clock: Clock,
        budget: Budget | None = None,
        wait: Callable[[float], None] = time.sleep,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._budget = budget or Budget()
        self._wait = wait
        self._seconds = seconds

    def survey(self, registry: Registry) -> Contents | Unreadable:
        """What the registry's repositories add up to, as far as the budget reaches."""
        purse = _Purse(self._budget, self._wait, self._seconds)
        count, names = _Count(), list[str]()
        try:
            with self._clients.data_plane(registry) as client:
                names.extend(_names(client, purse))
                for name in names:
                    count.add(name, client, purse)
        except _SpentError as spent:
            count.stopped = str(spent)
        except AZURE_ERRORS as error:
            return unreadable(error, CATALOG_READ)
        if count.refused and not count.tallies:
            return count.refused
        return contents(self._clock(), len(names), count.tallies, count.partial, _NAMED)


class _SpentError(Exception):
    """The budget is spent. Says what it was spent on."""


class _Purse:
    """Pays for each read with time: reads are spread over the minute, and end when there is no time left."""

    def __init__(self, budget: Budget, wait: Callable[[float], None], seconds: Callable[[], float]) -> None:
        self._wait = wait
        self._seconds = seconds
        self._apart = 60 / budget.reads_per_minute
        self._given = budget.seconds
        self._next = seconds()
        self._until = self._next + budget.seconds

    def pay(self, reads: int) -> None:
        """Wait until so many more reads are within the budget. Raises when the time is up before that."""
        self._wait_until(self._next, f"the {self._given:.0f} s that it may take are over")
        self._next = max(self._next, self._seconds()) + reads * self._apart

    def rest(self, seconds: float) -> None:
        """Wait as long as the registry asks for. Raises where that is longer than there is time for."""
        self._next = max(self._next, self._seconds() + seconds)
        self._wait_until(self._next, f"the registry asked to come back in {seconds:.0f} s")

    def _wait_until(self, moment: float, otherwise: str) -> None:
        if moment >= self._until:
            raise _SpentError(otherwise)
        left = moment - self._seconds()
        if left > 0:
            self._wait(left)


class _Count:
    """What was counted so far, and what stands in the way of the rest."""

    def __init__(self) -> None:
        self.tallies: list[Tally] = []
        self.unread = 0
        self.refused: Unreadable | None = None
        self.stopped = ""

    def add(self, repository: str, client: ContainerRegistryClient, purse: "_Purse") -> None:
        """Count one more repository; one that is gone meanwhile has nothing in it."""
        try:
            self.tallies.append(_tally(repository, _manifests(client, repository, purse)))
        except ResourceNotFoundError:
            return
        except AZURE_ERRORS as error:
            self.unread += 1
            self.refused = unreadable(error, METADATA_READ)

    @property
    def partial(self) -> str:
        unread = f"{self.unread} could not be read ({self.refused.why})" if self.refused else ""
        return "; ".join(filter(None, (self.stopped, unread)))


class _Catalog(msgspec.Struct):
    repositories: list[str] | None = None


class _Manifest(msgspec.Struct, rename="camel"):
    digest: str = ""
    image_size: int | None = None
    media_type: str = ""
    tags: list[str] | None = None


class _Manifests(msgspec.Struct):
    manifests: list[_Manifest] | None = None


def _names(client: ContainerRegistryClient, purse: _Purse) -> Iterator[str]:
    """The repositories in the catalogue. What is no repository name is left out: it could be anything."""
    last, reads = None, _FIRST_READ
    while True:
        page = _page(client.list_repository_names, _Catalog, last, purse, reads).repositories or []
        yield from filter(is_repository, page)
        if len(page) < _A_PAGE:
            return
        last, reads = page[-1], 1


def _manifests(client: ContainerRegistryClient, repository: str, purse: _Purse) -> Iterator[_Manifest]:
    read = partial(client.list_manifest_properties, repository)
    last, reads = None, _FIRST_READ
    while True:
        page = _page(read, _Manifests, last, purse, reads).manifests or []
        yield from page
        if len(page) < _A_PAGE or not is_digest(page[-1].digest):
            return
        last, reads = page[-1].digest, 1


def _page[T](read: Callable[..., Any], kind: type[T], last: str | None, purse: _Purse, reads: int) -> T:
    """One page after `last`, asked for again when the registry says so.

    The SDK drops the media type, so what is read is the answer itself. And pages are asked for by the last name
    and not by the link to the next one: our token follows no link.
    """
    while True:
        purse.pay(reads)
        answers: list[PipelineResponse[Any, Any]] = []
        asked = read(results_per_page=_A_PAGE, last=last, retry_total=0, raw_response_hook=answers.append)
        try:
            next(asked.by_page())
        except HttpResponseError as error:
            if error.status_code not in _COME_LATER or not answers:
                raise
            wanted = answers[-1].http_response.headers.get("Retry-After", "")
            purse.rest(float(wanted) if wanted.isdecimal() else _UNSAID_WAIT)
        else:
            return msgspec.json.decode(answers[-1].http_response.body(), type=kind)


def _tally(repository: str, manifests: Iterable[_Manifest]) -> Tally:
    every = list(manifests)
    untagged = [one for one in every if not one.tags]
    return Tally(
        repository=repository,
        manifests=len(every),
        size=sum(one.image_size or 0 for one in every),
        untagged=len(untagged),
        untagged_size=sum(one.image_size or 0 for one in untagged),
        indexes=sum(one.media_type in _INDEXES for one in every),
    )
