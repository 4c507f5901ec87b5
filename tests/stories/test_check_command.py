"""`medic check`, run by an operator against an Azure in which one thing is wrong."""

import json
import os
import signal
import sys
import time
from _thread import interrupt_main
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug import Request

import composition
import medic
import parts
from checks.catalog import checks
from checks.evidence import Login, Unreadable
from checks.examination import examine
from checks.health import asking
from tests.ailments import AILMENTS, Ailment
from tests.installation import READER, applied, environment
from tests.local_azure import LocalAzure, Registry, delay
from tests.local_azure.network import EffectiveRoute, SecurityGroup, SecurityRule

NOWHERE = "UseDevelopmentStorage=true"  # examining a registry needs no storage


@pytest.fixture
def installed(azure: LocalAzure, contoso: Registry, policy: Path) -> Iterator[Registry]:
    """A registry with an image, and an operator's environment that leads to it."""
    contoso.push("team/app", "v1")
    azure.network.polls = 0
    with applied(environment(azure, NOWHERE, policy)):
        yield contoso


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    """The findings that are not fine, by check."""
    health = json.loads(capsys.readouterr().out)
    return {one["check"]: one for one in health["lines"] if one["mark"] in {"wrong", "unknown"}}


@pytest.mark.usefixtures("installed")
def test_a_healthy_registry_is_said_to_be_so_and_nothing_is_changed(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(["check", "contoso", "--repository", "team/app:v1"]) == 0
    told = capsys.readouterr()
    assert "contoso: nothing wrong" in told.out
    assert told.err == ""
    assert azure.writes() == []
    assert "eyJ" not in told.out


@pytest.mark.parametrize(("code", "ailment"), AILMENTS, ids=[code for code, _ in AILMENTS])
def test_an_ailment_is_told_by_the_code_of_az_and_by_no_other(
    azure: LocalAzure,
    contoso: Registry,
    policy: Path,
    capsys: pytest.CaptureFixture[str],
    code: str,
    ailment: Ailment,
) -> None:
    contoso.push("team/app", "v1")
    with ailment(azure, contoso), applied(environment(azure, NOWHERE, policy)):
        assert medic.main(["check", "contoso", "--repository", "team/app", "--json"]) == 1
    health = json.loads(capsys.readouterr().out)
    wrong = [one for one in health["lines"] if one["mark"] == "wrong"]
    assert [one["code"] for one in wrong] == [code]
    assert wrong[0]["means"]
    assert wrong[0]["next"]


def test_every_code_of_az_has_its_ailment_here() -> None:
    missing = {"LOGIN_SERVER_ERROR"}  # told where there is no registry, by a test of its own
    assert {code for code, _ in AILMENTS} | missing == {check.code for check in checks() if check.code}


def test_a_firewall_that_refuses_is_named_with_the_address_that_it_refused(
    installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.default_action = "Deny"
    assert medic.main(["check", "contoso", "--json"]) == 1
    wrong = found(capsys)
    assert list(wrong) == ["firewall_ip_denied"]
    assert "52.138.231.5" in wrong["firewall_ip_denied"]["saw"]


def test_abac_mode_without_a_role_on_repositories_names_the_least_role(
    azure: LocalAzure, installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.role_assignment_mode = "AbacRepositoryPermissions"
    azure.rights[READER] = {
        "Microsoft.ContainerRegistry/registries/read",
        "Microsoft.ContainerRegistry/registries/listUsages/read",
        "Microsoft.ContainerRegistry/registries/repositories/metadata/read",
        "Microsoft.ContainerRegistry/registries/push/write",
    }
    assert medic.main(["check", "contoso", "--repository", "team/app", "--json"]) == 1
    wrong = found(capsys)
    assert list(wrong) == ["push_not_permitted_by_abac"]
    assert "Container Registry Repository Writer" in wrong["push_not_permitted_by_abac"]["next"]


def test_a_registry_is_known_by_its_login_server_and_id_too_and_an_image_by_its_whole_name(
    installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.lock("team/app", tag="v1")
    for name in (installed.login_server.upper(), installed.resource_id):
        image = f"{installed.login_server}/team/app:v1"
        assert medic.main(["check", name, "--repository", image, "--json"]) == 1
        assert list(found(capsys)) == ["tag_locked"]


def test_any_registry_is_looked_at_by_its_id_with_no_setting_of_an_installation(
    azure: LocalAzure, contoso: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    contoso.push("team/app", "v1")
    with applied(azure.environment() | {"PUSH_MEDIC_ARM_ENDPOINT": azure.arm_url}):
        for name in [
            name for name in os.environ if name.startswith(("AzureWebJobs", "PUSH_MEDIC_REGISTRIES"))
        ]:
            del os.environ[name]
        assert medic.main(["check", contoso.resource_id, "--repository", "team/app:v1"]) == 0
        assert "contoso: nothing wrong" in capsys.readouterr().out
        contoso.lock("team/app", tag="v1")
        assert medic.main(["check", contoso.resource_id, "--repository", "team/app:v1", "--json"]) == 1
        assert list(found(capsys)) == ["tag_locked"]
        assert medic.main(["check", "contoso"]) == 2
        assert "PUSH_MEDIC_REGISTRIES is not set" in capsys.readouterr().err


def test_a_lock_is_found(installed: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    installed.lock("team/app", tag="v1")
    assert medic.main(["check", "contoso", "--repository", "team/app:v1", "--json"]) == 1
    assert list(found(capsys)) == ["tag_locked"]


def test_throttling_is_found_with_the_limit_of_the_sku(
    installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.throttle(1, retry_after=7)
    assert medic.main(["check", "contoso", "--json"]) == 1
    wrong = found(capsys)["throttled"]
    assert wrong["code"] == "CONNECTIVITY_TOOMANYREQUESTS_ERROR"
    assert "asks to wait 7 s; Premium takes 4,000 writes a minute" in wrong["saw"]


def test_of_a_throttled_registry_it_is_said_who_uses_up_its_limit(
    azure: LocalAzure, installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.push(installed, "team/app", "v2")
    row = azure.diagnostic_records[-1] | {"resultDescription": "429"}
    for number, who in enumerate(("ci-pipeline", "nightly", "ci-pipeline")):
        azure.diagnostic_records.append(row | {"identity": who, "correlationId": f"{number}"})
    installed.throttle(1, retry_after=7)
    assert medic.main(["check", "contoso", "--json"]) == 1
    wrong = found(capsys)["throttled"]
    assert wrong["saw"].endswith("refused were ci-pipeline (2), nightly (1)")
    assert "log-analytics" not in wrong["next"]


def test_policies_and_a_key_without_its_identity_are_read_as_azure_writes_them(
    installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.soft_delete_days, installed.retention_days, installed.admin_user = 14, 3, True
    installed.unknown_properties = {
        "provisioningState": "Failed",
        "encryption": {"status": "enabled", "keyVaultProperties": {"identity": "a-client-id"}},
    }
    assert medic.main(["check", "contoso", "--json"]) == 1
    health = json.loads(capsys.readouterr().out)
    marks = {one["check"]: one["saw"] for one in health["lines"] if one["mark"] in {"wrong", "noted"}}
    assert marks["registry_not_ready"] == "the provisioning state is Failed"
    assert marks["encryption_identity_missing"].startswith("its key is opened by a-client-id")
    assert marks["soft_delete"] == "what is deleted is kept for 14 days"
    assert marks["retention"] == "untagged manifests are deleted after 3 days"
    assert marks["admin_user"] == "the admin user is enabled"


def test_a_key_whose_identity_was_deleted_is_found_although_the_registry_still_names_it(
    azure: LocalAzure, installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    home = installed.resource_id.partition("/Microsoft.ContainerRegistry")[0]
    identity = f"{home}/Microsoft.ManagedIdentity/userAssignedIdentities/opener"
    installed.managed_identities = {identity: "a-client-id"}
    installed.unknown_properties["encryption"] = {
        "status": "enabled",
        "keyVaultProperties": {"identity": "a-client-id"},
    }
    assert medic.main(["check", "contoso", "--json"]) == 0
    azure.rights[READER] = {"Microsoft.ContainerRegistry/*"}
    capsys.readouterr()
    assert medic.main(["check", "contoso", "--json"]) == 3
    assert found(capsys)["encryption_identity_missing"]["missing_right"] == (
        "Microsoft.ManagedIdentity/userAssignedIdentities/read"
    )
    azure.rights.clear()
    azure.deleted.add(identity)
    assert medic.main(["check", "contoso", "--json"]) == 1
    assert found(capsys)["encryption_identity_missing"]["code"] == "CMK_ERROR"


@pytest.mark.usefixtures("installed")
def test_rights_that_are_missing_are_named_and_it_could_not_be_told(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.rights[READER] = set()
    assert medic.main(["check", "contoso", "--json"]) == 3
    rights = {one["missing_right"] for one in found(capsys).values()}
    assert rights == {
        "Microsoft.ContainerRegistry/registries/read",
        "Microsoft.ContainerRegistry/registries/listUsages/read",
    }


@pytest.mark.parametrize(
    ("mode", "right"),
    [
        ("LegacyRegistryPermissions", "read"),
        ("LegacyRegistryPermissions", "listUsages/read"),
        ("LegacyRegistryPermissions", "metadata/read"),
        ("AbacRepositoryPermissions", "read"),
        ("AbacRepositoryPermissions", "listUsages/read"),
        ("AbacRepositoryPermissions", "repositories/metadata/read"),
    ],
)
def test_of_all_rights_the_one_that_is_missing_is_named_and_no_other(
    azure: LocalAzure, installed: Registry, capsys: pytest.CaptureFixture[str], mode: str, right: str
) -> None:
    installed.role_assignment_mode = mode
    of_repositories = {f"repositories/{one}" for one in ("content/read", "content/write", "metadata/read")}
    every = {"read", "listUsages/read", "metadata/read", "pull/read", "push/write", *of_repositories}
    azure.rights[READER] = {f"Microsoft.ContainerRegistry/registries/{one}" for one in every - {right}}
    assert medic.main(["check", "contoso", "--repository", "team/app:v1", "--json"]) == 3
    missing = {one["missing_right"] for one in found(capsys).values()}
    assert missing == {f"Microsoft.ContainerRegistry/registries/{right}"}


@pytest.mark.usefixtures("installed")
def test_whoever_is_not_logged_in_is_told_so_and_not_which_right_is_missing(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.identities = set()
    assert medic.main(["check", "contoso", "--json"]) == 3
    told = capsys.readouterr()
    unknown = [one for one in json.loads(told.out)["lines"] if one["mark"] == "unknown"]
    assert {"registry_not_found", "login_refused", "storage_limit"} <= {one["check"] for one in unknown}
    for one in unknown:
        assert one["saw"].endswith("no token of Entra ID could be had")
        assert one["next"] == "Log in: `az login`."
        assert "missing_right" not in one
    assert told.err == ""


def test_a_registry_that_is_gone_is_not_found(
    azure: LocalAzure, installed: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    del azure.registries[installed.resource_id.lower()]
    assert medic.main(["check", "contoso", "--json"]) == 1
    assert found(capsys)["registry_not_found"]["code"] == "LOGIN_SERVER_ERROR"


@pytest.mark.usefixtures("installed")
def test_from_a_machine_in_azure_the_rule_and_where_it_is_applied_are_named(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = azure.network.add()
    deny = SecurityRule("UserRule_DenyInternet", "Deny", port="443")
    machine.groups = [SecurityGroup("nsg-build", machine.subnet_id, [deny])]
    assert medic.main(["check", "contoso", "--from", machine.resource_id]) == 1
    told = capsys.readouterr().out
    assert "the rule UserRule_DenyInternet of nsg-build, applied to subnet build, denies 10.1.0.4" in told
    assert {call.method for call in azure.requests if "microsoft.network" in call.path.lower()} == {
        "GET",
        "POST",
    }


@pytest.mark.usefixtures("installed")
def test_from_a_machine_whose_route_drops_what_it_sends_the_route_is_named(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = azure.network.add(routes=[EffectiveRoute("0.0.0.0/0", "None")])
    assert medic.main(["check", "contoso", "--from", machine.interface_id, "--json"]) == 1
    wrong = found(capsys)
    assert set(wrong) == {"route_drops", "client_cannot_connect"}
    assert "route table rt-spoke, by the route for 0.0.0.0/0" in wrong["route_drops"]["saw"]


@pytest.mark.usefixtures("installed")
def test_from_a_region_without_a_watcher_it_could_not_be_told(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = azure.network.add(location="northeurope")
    assert medic.main(["check", "contoso", "--from", machine.resource_id, "--json"]) == 3
    assert "there is no Network Watcher in northeurope" in found(capsys)["client_cannot_connect"]["saw"]


@pytest.mark.usefixtures("installed")
def test_from_a_machine_that_is_off_nothing_is_tried_and_the_step_is_to_start_it(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = azure.network.add(running=False)
    assert medic.main(["check", "contoso", "--from", machine.resource_id, "--json"]) == 3
    unknown = found(capsys)
    assert set(unknown) == {"client_cannot_connect", "effective_route_drops"}
    for one in unknown.values():
        assert one["saw"].endswith("the machine is not running: start it, and ask again")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("right", "check"),
    [
        ("networkWatchers/networkConfigurationDiagnostic/action", "security_group_denies"),
        ("networkWatchers/nextHop/action", "route_drops"),
        ("networkWatchers/connectivityCheck/action", "client_cannot_connect"),
        ("networkInterfaces/effectiveRouteTable/action", "effective_route_drops"),
    ],
)
def test_from_a_machine_a_right_that_is_missing_is_named_by_what_needs_it(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str], right: str, check: str
) -> None:
    machine = azure.network.add()
    needed = {
        "networkWatchers/read",
        "networkWatchers/networkConfigurationDiagnostic/action",
        "networkWatchers/nextHop/action",
        "networkWatchers/connectivityCheck/action",
        "networkInterfaces/read",
        "networkInterfaces/effectiveRouteTable/action",
        "locations/*",
    }
    azure.rights[READER] = {
        "Microsoft.ContainerRegistry/*",
        "Microsoft.Compute/virtualMachines/read",
        *(f"Microsoft.Network/{one}" for one in needed - {right}),
    }
    assert medic.main(["check", "contoso", "--from", machine.resource_id, "--json"]) == 3
    assert found(capsys)[check]["missing_right"] == f"Microsoft.Network/{right}"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "fabrikam"],
        ["check", "contoso", "--repository", "Not/A/Repository"],
        ["check", "contoso", "--from", "build1"],
    ],
)
def test_what_cannot_be_asked_about_is_bad_usage(
    arguments: list[str], azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert medic.main(arguments) == 2
    assert capsys.readouterr().err.startswith("medic: ")
    assert azure.requests == []


@pytest.mark.usefixtures("installed")
def test_a_look_that_hangs_holds_nothing_up_but_itself(azure: LocalAzure) -> None:
    azure.faults.add(path="listUsages", effect=delay(3), times=None)
    app = composition.build()
    impatient = replace(app._instruments, patience=0.7)
    began = time.monotonic()
    seen = examine(app.registries["contoso"], asking(None, None), impatient, parts.now(), lambda _: None)
    assert time.monotonic() - began < 2.5
    late = Unreadable("no answer within 1 s")
    assert (seen.usage, seen.quotas) == (late, late)
    assert isinstance(seen.login, Login)


@pytest.mark.usefixtures("installed")
def test_whoever_interrupts_it_gets_the_status_of_an_interruption_and_no_traceback(
    azure: LocalAzure, capsys: pytest.CaptureFixture[str]
) -> None:
    once = iter([interrupt_main])

    def interrupting(_: Request) -> str:
        for interrupt in once:
            interrupt()
        return azure.bot_address

    azure.address_of = interrupting
    # Where the tests run in the background, interruptions are ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert medic.main(["check", "contoso"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("installed")
def test_progress_is_shown_to_a_person_and_wiped_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert medic.main(["check", "contoso"]) == 0
    progress = capsys.readouterr().err
    assert "DNS, TCP and TLS" in progress
    assert progress.endswith("\r\x1b[K")
