"""The roles hold the actions that the code uses, and no other.

What is used is what the local Azure saw each identity do.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_registry import AzureRegistry
from checks.adapters.log_analytics import FAILURES
from checks.evidence import Attributes
from checks.model import LockedObject, LockLevel
from checks.model import Registry as Known
from remediations.adapters.registry_writer import AzureRegistryWriter
from remediations.doctor import READER_NEEDS, WRITER_NEEDS
from remediations.model import Failed, LockChange, RuleChange
from tests.host.minihost import MiniHost
from tests.host.worker import FakeHost
from tests.infra.deployment import Deployment
from tests.installation import PERMISSIVE, READER, WRITER, Installation, applied, emptied, environment
from tests.local_azure import LocalAzure, Registry

CLIENT = "52.138.231.5"
ACTION = re.compile(r"Microsoft\.\w+(/\w+)+/(read|write|delete|action)")
QUERY = "Microsoft.OperationalInsights/workspaces/query"
MODES = ("LegacyRegistryPermissions", "AbacRepositoryPermissions")


@contextmanager
def installed(
    policy: Path, azurite: str, worker: FakeHost, **registry: object
) -> Iterator[tuple[Installation, Registry]]:
    """A bot with one registry."""
    with LocalAzure() as azure:
        contoso = azure.add_registry("contoso", **registry)  # type: ignore[arg-type]
        azure.workspace_id = environment(azure, azurite, policy)["PUSH_MEDIC_WORKSPACE_ID"]
        with applied(environment(azure, azurite, policy)):
            sys.modules["function_app"]._app.cache_clear()
            yield Installation(azure, MiniHost(worker, azurite)), contoso
        emptied(azurite)


def unlock(bot: Installation, registry: Registry) -> None:
    """A push meets a locked tag; the tag is unlocked, and locked again when the push has succeeded."""
    registry.push("team/app", "v1")
    registry.lock("team/app", tag="v1")
    bot.azure.take_events()
    assert bot.azure.push(registry, "team/app", "v1", b"new").status == 405
    bot.stream()
    bot.work()
    assert bot.azure.push(registry, "team/app", "v1", b"new").succeeded
    bot.events()
    bot.work()
    assert not registry.attributes("team/app", "v1").write_enabled


def let_in(bot: Installation, registry: Registry) -> None:
    """A client is refused by the firewall, and its address is let in by a write that takes its time."""
    bot.azure.arm_async = "201"
    refused = bot.azure.push(registry, "team/app", "v1")
    assert refused.status == 403
    bot.report(CLIENT, text=refused.text, registry=registry.login_server)
    bot.work()
    assert CLIENT in registry.ip_rules


def ask_about(bot: Installation, registry: Registry) -> None:
    """Two machines cannot connect, and their reports say which they are: one alone, and one of a scale set."""
    for machine in (bot.azure.network.add(), bot.azure.network.add(name="7", scale_set="agents")):
        bot.report(CLIENT, text="i/o timeout", registry=registry.login_server, resource=machine.resource_id)
    bot.work()


@pytest.fixture(scope="module")
def used(azurite: str, worker: FakeHost, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The actions that each identity was seen to use."""
    policy = tmp_path_factory.mktemp("roles") / "policy.yaml"
    policy.write_text(PERMISSIVE)
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for mode in MODES:
        with installed(policy, azurite, worker, role_assignment_mode=mode) as (bot, registry):
            unlock(bot, registry)
            bot.app.doctor(lambda _: None, send_test=False)
            bot.app.study_storage(registry.name)
            ask_about(bot, registry)
            for timer in worker.triggered_by("timerTrigger"):
                bot.host.tick(timer)
            note(seen, bot.azure)
    with installed(policy, azurite, worker, default_action="Deny") as (bot, registry):
        let_in(bot, registry)
        note(seen, bot.azure)
    return seen


def note(seen: Mapping[str, set[str]], azure: LocalAzure) -> None:
    """Remember what each identity did. A query needs the right to each table that it asks."""
    for one in azure.requests:
        if one.identity in (READER, WRITER) and one.action and ACTION.fullmatch(one.action):
            seen[one.identity].add(one.action)
            if one.action == f"{QUERY}/read":
                seen[one.identity] |= {
                    f"{QUERY}/{table}/read" for table in re.findall(r"ContainerRegistry\w+", FAILURES)
                }


def granted(everything: Deployment, symbol: str) -> set[str]:
    """What a role holds, data actions included."""
    (role,) = (
        one for one in everything.made("Microsoft.Authorization/roleDefinitions") if one.symbol == symbol
    )
    (permission,) = role.body["properties"]["permissions"]
    return {*permission["actions"], *permission["dataActions"]}


def of_clients(action: str) -> bool:
    """Whether it is about a client's machine, and not about a registry."""
    return action.startswith(("Microsoft.Compute/", "Microsoft.Network/"))


def test_a_role_holds_what_is_used_and_no_more(everything: Deployment, used: Mapping[str, set[str]]) -> None:
    about_clients = set(filter(of_clients, used[READER]))
    assert granted(everything, "reader") == used[READER] - about_clients
    assert granted(everything, "networkReader") == about_clients
    assert granted(everything, "writer") == used[WRITER]


@pytest.mark.parametrize("mode", MODES)
def test_with_exactly_these_rights_and_no_other_the_bot_does_its_work(
    everything: Deployment, azurite: str, worker: FakeHost, tmp_path: Path, mode: str
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(PERMISSIVE)
    rights = {READER: granted(everything, "reader"), WRITER: granted(everything, "writer")}
    with installed(policy, azurite, worker, role_assignment_mode=mode) as (bot, registry):
        bot.azure.rights |= rights
        unlock(bot, registry)
    with installed(policy, azurite, worker, default_action="Deny", role_assignment_mode=mode) as (
        bot,
        registry,
    ):
        bot.azure.rights |= rights
        let_in(bot, registry)


@pytest.mark.parametrize("mode", MODES)
def test_a_reader_that_tries_to_write_is_refused_and_writes_nothing(
    everything: Deployment, mode: str
) -> None:
    with LocalAzure() as azure, applied(azure.environment()):
        local = azure.add_registry("contoso", default_action="Deny", role_assignment_mode=mode)
        local.push("team/app", "v1")
        local.lock("team/app", tag="v1")
        azure.rights[READER] = granted(everything, "reader")
        clients = AzureClients(azure.credential(READER), azure.arm_url, "https://containerregistry.azure.net")
        registry = Known(resource_id=local.resource_id, login_server=local.login_server)
        seen = AzureRegistry(clients).tag(registry, "team/app", "v1")
        assert isinstance(seen, Attributes)
        tag = LockedObject(LockLevel.TAG, "team/app", "v1")
        tried = (
            LockChange("contoso", tag, seen, write_enabled=True),
            RuleChange("contoso", before=(), add=(CLIENT,)),
        )
        for change in tried:
            refused = AzureRegistryWriter(clients).apply(registry, change, lambda: None, may_be_made=False)
            assert isinstance(refused, Failed)
            assert refused.missing_right
        assert azure.writes() == []
        assert not local.attributes("team/app", "v1").write_enabled
        assert local.ip_rules == []


def test_the_doctor_asks_for_what_the_roles_hold_in_a_registry(everything: Deployment) -> None:
    reader = {action for action in granted(everything, "reader") if not action.startswith(QUERY)}
    assert set(READER_NEEDS) == reader
    assert set(WRITER_NEEDS) == granted(everything, "writer")


DIAGNOSES = {
    "Microsoft.Network/networkInterfaces/effectiveRouteTable/action",
    "Microsoft.Network/networkWatchers/networkConfigurationDiagnostic/action",
    "Microsoft.Network/networkWatchers/nextHop/action",
    "Microsoft.Network/networkWatchers/connectivityCheck/action",
}


def test_the_reader_can_change_nothing(everything: Deployment) -> None:
    assert all(action.endswith("/read") for action in granted(everything, "reader"))
    about_clients = granted(everything, "networkReader") - DIAGNOSES
    assert all(action.endswith("/read") for action in about_clients)


def test_no_role_has_a_wildcard_or_more_than_three_exist(everything: Deployment) -> None:
    roles = everything.made("Microsoft.Authorization/roleDefinitions")
    assert {role.symbol for role in roles} == {"reader", "networkReader", "writer"}
    assert "*" not in str([role.body["properties"]["permissions"] for role in roles])


OF_CONTENTS = re.compile("/registries/(repositories/|catalog/read$)")


def test_rights_on_what_a_registry_holds_are_data_actions_and_nothing_else_is(everything: Deployment) -> None:
    for role in everything.made("Microsoft.Authorization/roleDefinitions"):
        (permission,) = role.body["properties"]["permissions"]
        assert all(OF_CONTENTS.search(action) for action in permission["dataActions"])
        assert not any(OF_CONTENTS.search(action) for action in permission["actions"])


def test_the_writer_has_rights_on_registries_only(everything: Deployment) -> None:
    (writer,) = (
        one
        for one in everything.made("Microsoft.ManagedIdentity/userAssignedIdentities")
        if one.symbol == "writer"
    )
    scopes = [
        one.body["scope"].type
        for one in everything.made("Microsoft.Authorization/roleAssignments")
        if one.body["properties"]["principalId"] == writer.known("properties.principalId")
    ]
    assert scopes == ["Microsoft.ContainerRegistry/registries"] * 3


def test_only_the_writer_has_the_writers_role(everything: Deployment) -> None:
    (role,) = (
        one for one in everything.made("Microsoft.Authorization/roleDefinitions") if one.symbol == "writer"
    )
    holders = {
        one.body["properties"]["principalId"]
        for one in everything.made("Microsoft.Authorization/roleAssignments")
        if str(one.body["properties"]["roleDefinitionId"]).endswith(role.name)
    }
    assert len(holders) == 1
    assert "writer" in holders.pop()


def test_locks_can_be_left_to_chosen_repositories(everything: Deployment, minimal: Deployment) -> None:
    def conditions(of: Deployment) -> set[str]:
        rights = of.made("Microsoft.Authorization/roleAssignments")
        return {
            one.body["properties"]["condition"] for one in rights if one.body["properties"].get("condition")
        }

    (condition,) = conditions(everything)
    assert "StringStartsWithIgnoreCase 'team/' OR " in condition
    assert condition.count("(") == condition.count(")")
    assert conditions(minimal) == set()
