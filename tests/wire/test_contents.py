"""What a registry holds is counted over real HTTP, within a budget, and what is missing is said to be missing."""

import pytest

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_contents import AzureSurveyor, Budget
from checks.contents import Contents, Tally
from checks.evidence import Unreadable
from checks.model import Registry
from tests.local_azure import LocalAzure, html, status
from tests.local_azure import Registry as LocalRegistry
from tests.memory import START

READER = "reader"
CATALOG = "^/acr/v1/_catalog"
MANIFESTS = "^/acr/v1/.*/_manifests"
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def local(azure: LocalAzure) -> LocalRegistry:
    return azure.add_registry("contoso")


class Time:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def surveyed(
    azure: LocalAzure, local: LocalRegistry, budget: Budget | None = None, time: Time | None = None
) -> Contents | Unreadable:
    clients = AzureClients(azure.credential(READER), azure.arm_url, "https://containerregistry.azure.net")
    time = time or Time()
    surveyor = AzureSurveyor(clients, lambda: START, budget, time.wait, time)
    return surveyor.survey(Registry(resource_id=local.resource_id, login_server=local.login_server))


def counted(found: Contents | Unreadable) -> Contents:
    assert isinstance(found, Contents)
    return found


def reads(azure: LocalAzure, *parts: str) -> int:
    return sum(
        any(part in one.path for part in parts) and one.status == 200
        for one in azure.requests
        if one.method == "GET"
    )


def test_the_largest_repositories_come_first_with_what_has_no_tag(
    azure: LocalAzure, local: LocalRegistry
) -> None:
    local.push("team/small", "v1", b"x" * 10)
    local.push("team/large", "v1", b"x" * 5000)
    local.push("team/large", "v1", b"y" * 7000)
    found = counted(surveyed(azure, local))
    [large, small] = found.tallies
    sizes = {
        name: [m.image_size for m in home.manifests.values()] for name, home in local.repositories.items()
    }
    assert small == Tally(
        "team/small", manifests=1, size=sum(sizes["team/small"]), untagged=0, untagged_size=0
    )
    assert large == Tally(
        "team/large",
        manifests=2,
        size=sum(sizes["team/large"]),
        untagged=1,
        untagged_size=min(sizes["team/large"]),
    )
    assert (found.listed, found.counted, found.untagged, found.partial) == (2, 2, 1, "")
    assert found.untagged_size == large.untagged_size


def test_what_is_made_of_several_platforms_is_known_by_its_index(
    azure: LocalAzure, local: LocalRegistry
) -> None:
    part = local.push("team/app", None, b"amd64")
    index = f'{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"digest":"{part}"}}]}}'
    local.push("team/app", "v1", manifest=index.encode(), media_type=INDEX)
    found = counted(surveyed(azure, local))
    assert (found.indexes, found.untagged, found.tallies[0].indexes) == (1, 1, 1)


def test_pages_are_followed_to_the_end(azure: LocalAzure, local: LocalRegistry) -> None:
    for number in range(101):
        local.push(f"team/app{number:03}", "v1", b"one")
    for number in range(205):
        local.push("team/app000", None, f"{number}".encode())
    found = counted(surveyed(azure, local, Budget(seconds=10_000)))
    assert (found.listed, found.counted, found.untagged) == (101, 101, 205)
    assert len(found.tallies) == 20
    assert reads(azure, "/team%2Fapp000/_manifests", "/team/app000/_manifests") == 3


def test_reads_are_spread_over_the_minute(azure: LocalAzure, local: LocalRegistry) -> None:
    for number in range(6):
        local.push(f"team/app{number}", "v1", b"one")
    time = Time()
    counted(surveyed(azure, local, Budget(reads_per_minute=60), time))
    made = sum(not one.path.startswith("/subscriptions") for one in azure.requests)
    assert made <= time.now + 4


def test_a_budget_that_is_spent_leaves_a_part_that_says_so(azure: LocalAzure, local: LocalRegistry) -> None:
    for number in range(9):
        local.push(f"team/app{number}", "v1", b"one")
    found = counted(surveyed(azure, local, Budget(reads_per_minute=60, seconds=20)))
    assert (found.listed, found.counted) == (9, 4)
    assert found.partial == "the 20 s that it may take are over"


def test_what_the_registry_asks_to_wait_is_waited(azure: LocalAzure, local: LocalRegistry) -> None:
    local.push("team/app", "v1", b"one")
    local.throttle(1, retry_after=17)
    time = Time()
    found = counted(surveyed(azure, local, time=time))
    assert (found.counted, found.partial) == (1, "")
    assert any(16 < wait <= 17 for wait in time.waits)


def test_a_wait_that_is_longer_than_there_is_time_ends_it(azure: LocalAzure, local: LocalRegistry) -> None:
    local.push("team/app", "v1", b"one")
    local.throttle(9, retry_after=3600)
    found = counted(surveyed(azure, local))
    assert (found.counted, found.partial) == (0, "the registry asked to come back in 3600 s")


def test_a_catalogue_that_may_not_be_read_names_the_right(azure: LocalAzure, local: LocalRegistry) -> None:
    local.push("team/app", "v1", b"one")
    azure.rights[READER] = {"Microsoft.ContainerRegistry/registries/metadata/read"}
    assert surveyed(azure, local) == Unreadable(
        "Azure answered 401", "Microsoft.ContainerRegistry/registries/catalog/read"
    )


def test_repositories_that_may_not_be_read_name_the_right(azure: LocalAzure, local: LocalRegistry) -> None:
    local.push("team/app", "v1", b"one")
    azure.rights[READER] = {"Microsoft.ContainerRegistry/registries/catalog/read"}
    assert surveyed(azure, local) == Unreadable(
        "Azure answered 401", "Microsoft.ContainerRegistry/registries/metadata/read"
    )


def test_one_repository_that_breaks_costs_no_other(azure: LocalAzure, local: LocalRegistry) -> None:
    for name in ("team/a", "team/b", "team/c"):
        local.push(name, "v1", b"one")
    azure.faults.add(effect=status(500), method="GET", path="b/_manifests", times=None)
    found = counted(surveyed(azure, local))
    assert [tally.repository for tally in found.tallies] == ["team/a", "team/c"]
    assert found.partial == "1 could not be read (Azure answered 500)"


@pytest.mark.parametrize("path", [CATALOG, MANIFESTS])
def test_a_page_of_html_is_no_answer(azure: LocalAzure, local: LocalRegistry, path: str) -> None:
    local.push("team/app", "v1", b"one")
    azure.faults.add(effect=html(200), method="GET", path=path, times=None)
    assert isinstance(surveyed(azure, local), Unreadable)


def test_names_that_are_none_are_left_out(azure: LocalAzure, local: LocalRegistry) -> None:
    local.push("team/app", "v1", b"one")
    local.push("team/$(reboot)", "v1", b"two")
    found = counted(surveyed(azure, local))
    assert [tally.repository for tally in found.tallies] == ["team/app"]
