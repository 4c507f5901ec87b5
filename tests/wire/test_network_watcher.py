"""Network Watcher through our adapter: the requests that azure-mgmt-network sends, and what is made of the answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.adapters.network_watcher import AzureNetworkWatcher, _verdict
from checks.evidence import (
    Connection,
    Denial,
    Groups,
    Hop,
    Hops,
    Issue,
    NotAsked,
    Route,
    Routes,
    Unreadable,
    Vantage,
    Verdict,
)
from tests.local_azure import LocalAzure, html, status
from tests.local_azure.faults import Effect
from tests.local_azure.network import EffectiveRoute, Machine, SecurityGroup, SecurityRule

READER = "reader"
THERE = "20.50.200.1"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def azure(running: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> LocalAzure:
    running.reset()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", running.ca_certificate)
    return running


@pytest.fixture
def machine(azure: LocalAzure) -> Machine:
    return azure.network.add()


def watcher(azure: LocalAzure, patience: float = 5) -> AzureNetworkWatcher:
    return AzureNetworkWatcher(azure.credential(READER), azure.arm_url, patience=patience, polls_every=0.01)


def seen_from(azure: LocalAzure, origin: str) -> Vantage:
    vantage = watcher(azure).vantage(origin)
    assert isinstance(vantage, Vantage)
    return vantage


def test_a_machine_leads_to_its_interface_its_address_and_the_watcher_of_its_region(
    azure: LocalAzure, machine: Machine
) -> None:
    home = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/NetworkWatcherRG"
    expected = Vantage(
        origin=machine.resource_id,
        machine=machine.resource_id,
        interface=machine.interface_id,
        address="10.1.0.4",
        watcher=f"{home}/providers/Microsoft.Network/networkWatchers/NetworkWatcher_westeurope",
    )
    assert seen_from(azure, machine.resource_id) == expected
    assert seen_from(azure, machine.interface_id) == Vantage(
        origin=machine.interface_id,
        machine=machine.resource_id,
        interface=machine.interface_id,
        address="10.1.0.4",
        watcher=expected.watcher,
    )


def test_an_instance_of_a_scale_set_has_its_own_kind_of_interface_and_no_effective_routes(
    azure: LocalAzure,
) -> None:
    instance = azure.network.add(name="0", scale_set="agents")
    vantage = seen_from(azure, instance.resource_id)
    assert (vantage.machine, vantage.interface) == (instance.resource_id, instance.interface_id)
    assert [call.query["api-version"] for call in azure.requests] == [
        "2024-07-01",
        "2018-10-01",
        "2026-03-01",
    ]
    assert watcher(azure).routes(vantage) == NotAsked()


def test_the_requests_are_those_of_the_sdk_byte_for_byte(azure: LocalAzure, machine: Machine) -> None:
    vantage = seen_from(azure, machine.resource_id)
    asked = watcher(azure)
    asked.groups(vantage, [THERE])
    asked.hops(vantage, [THERE])
    asked.connection(vantage, "contoso.azurecr.io")
    asked.routes(vantage)
    posts = [call for call in azure.requests if call.method == "POST"]
    assert [(call.path.rpartition("/")[2], call.query) for call in posts] == [
        (name, {"api-version": "2026-03-01"})
        for name in ("networkConfigurationDiagnostic", "nextHop", "connectivityCheck", "effectiveRouteTable")
    ]
    assert [json.loads(call.body) for call in posts[:3]] == [
        {
            "targetResourceId": machine.interface_id,
            "verbosityLevel": "Normal",
            "profiles": [
                {
                    "direction": "Outbound",
                    "protocol": "TCP",
                    "source": "10.1.0.4",
                    "destination": THERE,
                    "destinationPort": "443",
                }
            ],
        },
        {
            "targetResourceId": machine.resource_id,
            "sourceIPAddress": "10.1.0.4",
            "destinationIPAddress": THERE,
            "targetNicResourceId": machine.interface_id,
        },
        {
            "source": {"resourceId": machine.resource_id},
            "destination": {"address": "contoso.azurecr.io", "port": 443},
            "protocol": "Tcp",
        },
    ]
    assert posts[3].body == b""


def test_nothing_that_is_asked_changes_anything(azure: LocalAzure, machine: Machine) -> None:
    vantage = seen_from(azure, machine.resource_id)
    watcher(azure).groups(vantage, [THERE])
    assert {call.method for call in azure.requests} == {"GET", "POST"}
    assert all("register" not in call.path for call in azure.requests)


def test_the_group_the_rule_and_the_place_of_a_denial_are_named(azure: LocalAzure, machine: Machine) -> None:
    group = SecurityGroup("nsg-build", machine.subnet_id, [SecurityRule("UserRule_No", "Deny", "20.0.0.0/8")])
    machine.groups = [SecurityGroup("nsg-nic", machine.interface_id), group]
    seen = watcher(azure).groups(seen_from(azure, machine.resource_id), [THERE, "10.1.0.9"])
    group_id = machine.interface_id.replace("networkInterfaces/build1-nic", "networkSecurityGroups/nsg-build")
    assert seen == Groups(
        "10.1.0.4",
        (
            Verdict(THERE, allowed=False, denials=(Denial(group_id, "UserRule_No", machine.subnet_id),)),
            Verdict("10.1.0.9", allowed=True),
        ),
    )


def test_the_documented_answer_is_read_as_it_is_meant() -> None:
    recorded = Path(__file__).parents[1] / "fixtures" / "acr" / "90_DOC_nsg_diagnostic_request_response.json"
    answer = json.loads(recorded.read_text())["response_200"]
    assert [_verdict(one) for one in answer["results"]] == [Verdict("12.11.12.14", allowed=True)]


def test_a_next_hop_of_none_is_the_word_and_an_appliance_has_its_address(
    azure: LocalAzure, machine: Machine
) -> None:
    machine.routes = [
        EffectiveRoute("20.0.0.0/8", "VirtualAppliance", "10.9.0.4"),
        EffectiveRoute("30.0.0.0/8", "None"),
    ]
    seen = watcher(azure).hops(seen_from(azure, machine.resource_id), [THERE, "30.1.1.1", "40.1.1.1"])
    table = machine.interface_id.replace("networkInterfaces/build1-nic", "routeTables/rt-spoke")
    assert seen == Hops(
        "10.1.0.4",
        (
            Hop(THERE, "VirtualAppliance", "10.9.0.4", table),
            Hop("30.1.1.1", "None", None, table),
            Hop("40.1.1.1", "None", None, "System Route"),
        ),
    )


def test_effective_routes_are_read(azure: LocalAzure, machine: Machine) -> None:
    machine.routes = [EffectiveRoute("0.0.0.0/0", "VirtualAppliance", "10.9.0.4")]
    assert watcher(azure).routes(seen_from(azure, machine.resource_id)) == Routes(
        machine.interface_id, (Route(("0.0.0.0/0",), "VirtualAppliance", ("10.9.0.4",), "User"),)
    )


def test_a_machine_that_is_off_can_try_nothing_and_is_asked_nothing(
    azure: LocalAzure, machine: Machine
) -> None:
    machine.running = False
    vantage = seen_from(azure, machine.resource_id)
    off = Unreadable("the machine is not running: start it, and ask again")
    assert watcher(azure).routes(vantage) == off
    assert watcher(azure).connection(vantage, "contoso.azurecr.io") == off
    assert {call.method for call in azure.requests} == {"GET"}


def test_an_interface_whose_machine_is_off_has_no_effective_routes_and_that_is_an_answer(
    azure: LocalAzure, machine: Machine
) -> None:
    machine.running = False
    assert watcher(azure).routes(seen_from(azure, machine.interface_id)) == Unreadable(
        "Azure answered 400 NetworkInterfaceNotAttachedToRunningVm"
    )


def test_of_several_interfaces_the_primary_one_is_looked_from_unless_another_is_named(
    azure: LocalAzure, machine: Machine
) -> None:
    second = machine.interface_id.replace("build1-nic", "build1-second")
    machine.other_interfaces = (second,)
    assert seen_from(azure, machine.resource_id).interface == machine.interface_id
    other = azure.network.add(name="build1", address="10.2.0.4", interface="build1-second")
    assert seen_from(azure, other.interface_id) == replace(
        seen_from(azure, machine.interface_id), origin=second, interface=second, address="10.2.0.4"
    )


def test_a_machine_in_another_subscription_is_seen_by_the_watcher_there(azure: LocalAzure) -> None:
    elsewhere = azure.network.add(subscription="00000000-0000-0000-0000-00000000000b")
    vantage = seen_from(azure, elsewhere.resource_id)
    assert vantage.watcher.startswith("/subscriptions/00000000-0000-0000-0000-00000000000b/")
    assert isinstance(watcher(azure).groups(vantage, [THERE]), Groups)


def test_an_instance_of_a_flexible_scale_set_is_a_machine_like_any_other(azure: LocalAzure) -> None:
    instance = azure.network.add(name="agents_1a2b3c4d")
    vantage = seen_from(azure, instance.resource_id)
    assert isinstance(watcher(azure).routes(vantage), Routes)
    assert isinstance(watcher(azure).connection(vantage, "contoso.azurecr.io"), Connection)


def test_the_address_that_the_machine_itself_found_is_told(azure: LocalAzure, machine: Machine) -> None:
    machine.finds = "10.1.0.9"
    seen = watcher(azure).connection(seen_from(azure, machine.resource_id), "contoso.azurecr.io")
    assert seen == Connection("contoso.azurecr.io", "Reachable", address="10.1.0.9")


def test_a_connection_that_is_not_made_says_at_which_hop(azure: LocalAzure, machine: Machine) -> None:
    machine.resolves = False
    seen = watcher(azure).connection(seen_from(azure, machine.resource_id), "contoso.azurecr.io")
    assert seen == Connection("contoso.azurecr.io", "Unreachable", (Issue("DnsResolution", "ipconfig1"),))


def test_a_machine_without_the_agent_is_an_answer(azure: LocalAzure, machine: Machine) -> None:
    machine.agent = False
    assert watcher(azure).connection(
        seen_from(azure, machine.resource_id), "contoso.azurecr.io"
    ) == Unreadable("Azure answered 400 AgentNotInstalled")


def test_a_region_without_a_watcher_is_an_answer_and_says_how_to_get_one(
    azure: LocalAzure, machine: Machine
) -> None:
    azure.network.watched = {"northeurope"}
    found = watcher(azure).vantage(machine.resource_id)
    assert isinstance(found, Unreadable)
    assert found.why.startswith("there is no Network Watcher in westeurope; `az network watcher configure")


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ([], "Microsoft.Compute/virtualMachines/read"),
        (["Microsoft.Compute/*"], "Microsoft.Network/networkInterfaces/read"),
        (
            ["Microsoft.Compute/*", "Microsoft.Network/networkInterfaces/read"],
            "Microsoft.Network/networkWatchers/read",
        ),
    ],
)
def test_the_right_that_is_missing_is_named(
    azure: LocalAzure, machine: Machine, held: list[str], missing: str
) -> None:
    azure.rights[READER] = set(held)
    assert watcher(azure).vantage(machine.resource_id) == Unreadable(
        "Azure answered 403 AuthorizationFailed", missing
    )


def test_the_right_to_ask_each_question_is_named(azure: LocalAzure, machine: Machine) -> None:
    vantage = seen_from(azure, machine.resource_id)
    azure.rights[READER] = set()
    asked = watcher(azure)
    rights = [
        getattr(answer, "missing_right", None)
        for answer in (
            asked.groups(vantage, [THERE]),
            asked.hops(vantage, [THERE]),
            asked.connection(vantage, "contoso.azurecr.io"),
            asked.routes(vantage),
        )
    ]
    assert rights == [
        "Microsoft.Network/networkWatchers/networkConfigurationDiagnostic/action",
        "Microsoft.Network/networkWatchers/nextHop/action",
        "Microsoft.Network/networkWatchers/connectivityCheck/action",
        "Microsoft.Network/networkInterfaces/effectiveRouteTable/action",
    ]


@pytest.mark.parametrize(
    ("effect", "answer"),
    [
        (
            status(
                403,
                '{"error":{"code":"AuthorizationFailed","message":"The client does not have authorization to perform '
                "action 'Microsoft.Network/locations/operations/read' over scope '/x'.\"}}",
            ),
            Unreadable(
                "Azure answered 403 AuthorizationFailed", "Microsoft.Network/locations/operations/read"
            ),
        ),
        (
            status(200, '{"status":"Failed","error":{"code":"VMAgentNotReady","message":"no"}}'),
            Unreadable("Azure began, and did not succeed: VMAgentNotReady"),
        ),
        (
            status(200, '{"status":"Canceled"}'),
            Unreadable("Azure began, and did not succeed: it does not say why"),
        ),
    ],
)
def test_an_operation_that_ends_badly_says_how_and_whose_right_was_missing_on_the_way(
    azure: LocalAzure, machine: Machine, effect: Effect, answer: Unreadable
) -> None:
    vantage = seen_from(azure, machine.resource_id)
    azure.faults.add(path="/operations/", effect=effect, times=None)
    assert watcher(azure).connection(vantage, "contoso.azurecr.io") == answer


@pytest.mark.parametrize("retry_after", [0, 3600])
def test_an_operation_that_is_never_done_is_given_up_whatever_it_asks_to_wait(
    azure: LocalAzure, machine: Machine, retry_after: int
) -> None:
    vantage = seen_from(azure, machine.resource_id)
    azure.network.never_done, azure.network.retry_after = True, retry_after
    assert watcher(azure, patience=0.2).groups(vantage, [THERE]) == Unreadable(
        "Azure had no result within 0 s"
    )


def test_a_result_at_another_host_is_not_fetched_because_our_token_would_go_there(
    azure: LocalAzure, machine: Machine
) -> None:
    vantage = seen_from(azure, machine.resource_id)
    azure.network.result_elsewhere = "https://evil.example"
    assert watcher(azure).groups(vantage, [THERE]) == Unreadable(
        "Azure named a place outside Resource Manager for the result"
    )


def test_a_page_of_a_proxy_instead_of_an_answer_is_an_answer(azure: LocalAzure, machine: Machine) -> None:
    azure.faults.add(path="virtualMachines/build1", effect=html(403))
    found = watcher(azure).vantage(machine.resource_id)
    assert found == Unreadable("Azure answered 403", "Microsoft.Compute/virtualMachines/read")


def test_an_answer_that_says_nothing_is_never_taken_for_a_good_one(
    azure: LocalAzure, machine: Machine
) -> None:
    vantage = seen_from(azure, machine.resource_id)
    for _ in range(3):
        azure.faults.add(
            path="/(networkConfigurationDiagnostic|nextHop|connectivityCheck)$", effect=status(200, "{}")
        )
    asked = watcher(azure)
    assert asked.groups(vantage, [THERE]) == Unreadable(
        "Network Watcher gave no verdict on every destination"
    )
    assert asked.hops(vantage, [THERE]) == Unreadable("Network Watcher named no next hop")
    assert asked.connection(vantage, "contoso.azurecr.io") == Unreadable(
        "Network Watcher tried, and could not tell whether the machine can connect"
    )


def test_whoever_is_logged_in_to_another_tenant_lacks_no_right(azure: LocalAzure, machine: Machine) -> None:
    challenge = {"WWW-Authenticate": 'Bearer authorization_uri="https://x", error="invalid_token"'}
    azure.faults.add(path="virtualMachines/build1", effect=status(401, "{}", challenge))
    found = watcher(azure).vantage(machine.resource_id)
    assert isinstance(found, Unreadable)
    assert ("az login --tenant" in found.advice, found.missing_right) == (True, None)


def test_a_machine_that_is_not_there_is_an_answer(azure: LocalAzure) -> None:
    nobody = Machine(name="nobody").resource_id
    assert watcher(azure).vantage(nobody) == Unreadable("Azure answered 404 ResourceNotFound")
