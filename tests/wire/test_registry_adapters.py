"""The adapters that read and change a registry, through the real SDKs, in good weather and bad."""

import pytest
from msgspec.structs import replace

from checks.adapters.azure_clients import AzureClients, BoundedRetry
from checks.adapters.azure_registry import AzureRegistry
from checks.evidence import Absent, Attributes, CeilingSource, Profile, RegistrySettings, Unreadable, Usage
from checks.model import LockedObject, LockLevel, Registry
from remediations.adapters.registry_writer import AzureRegistryWriter
from remediations.lease import Busy
from remediations.model import Applied, Change, Failed, LockChange, Moved, RuleChange
from tests.local_azure import LocalAzure, cut_after, cut_before, cut_within, html, retry_after, status
from tests.local_azure import Registry as LocalRegistry
from tests.local_azure.arm import registry_document
from tests.worlds import ADDRESS, COLLEAGUE

TEBIBYTE = 1024**4
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
LOCK_PATH = "^/acr/v1/"
ARM_PATH = "^/subscriptions/"
NEWEST = "2026-09-01-preview"


@pytest.fixture
def local(azure: LocalAzure) -> LocalRegistry:
    """A healthy registry with one image, a firewall, and properties that this SDK does not know."""
    registry = azure.add_registry(
        "contoso", default_action="Deny", ip_rules=[COLLEAGUE], virtual_network_rules=[SUBNET]
    )
    registry.unknown_properties["ofTomorrow"] = {"kept": True}
    registry.tags["owner"] = "team"
    registry.push("team/app", "v1")
    return registry


@pytest.fixture
def contoso(local: LocalRegistry) -> Registry:
    return Registry(resource_id=local.resource_id, login_server=local.login_server)


def clients(azure: LocalAzure, who: str) -> AzureClients:
    return AzureClients(azure.credential(who), azure.arm_url, "https://containerregistry.azure.net")


@pytest.fixture
def reader(azure: LocalAzure) -> AzureRegistry:
    return AzureRegistry(clients(azure, "reader"))


class Writing:
    """The writer, with what it waited for and how often it was asked whether it may."""

    def __init__(self, azure: LocalAzure) -> None:
        self.pauses: list[float] = []
        self.held = 0
        self._writer = AzureRegistryWriter(clients(azure, "writer"), self.pauses.append)

    def apply(
        self, registry: Registry, change: Change, *, may_be_made: bool = False
    ) -> Applied | Moved | Failed:
        return self._writer.apply(registry, change, self.hold, may_be_made=may_be_made)

    def hold(self) -> None:
        self.held += 1


@pytest.fixture
def writer(azure: LocalAzure) -> Writing:
    return Writing(azure)


def digest(local: LocalRegistry) -> str:
    return local.repositories["team/app"].tags["v1"].digest


def target(local: LocalRegistry, level: LockLevel) -> LockedObject:
    references = {LockLevel.REPOSITORY: None, LockLevel.TAG: "v1", LockLevel.MANIFEST: digest(local)}
    return LockedObject(level, "team/app", references[level])


def lock(local: LocalRegistry, level: LockLevel) -> None:
    match level:
        case LockLevel.REPOSITORY:
            local.lock("team/app")
        case LockLevel.TAG:
            local.lock("team/app", tag="v1")
        case LockLevel.MANIFEST:
            local.lock("team/app", digest=digest(local))


def looked(reader: AzureRegistry, contoso: Registry, local: LocalRegistry, level: LockLevel) -> Attributes:
    found = {
        LockLevel.REPOSITORY: lambda: reader.repository(contoso, "team/app"),
        LockLevel.TAG: lambda: reader.tag(contoso, "team/app", "v1"),
        LockLevel.MANIFEST: lambda: reader.manifest(contoso, "team/app", digest(local)),
    }[level]()
    assert isinstance(found, Attributes)
    return found


@pytest.fixture
def unlock(local: LocalRegistry, contoso: Registry, reader: AzureRegistry) -> LockChange:
    """The unlocking of a tag that is locked."""
    lock(local, LockLevel.TAG)
    before = looked(reader, contoso, local, LockLevel.TAG)
    return LockChange("contoso", target(local, LockLevel.TAG), before, write_enabled=True)


ALLOW = RuleChange("contoso", before=(COLLEAGUE,), add=(ADDRESS,))


def is_open(local: LocalRegistry) -> bool:
    return local.attributes("team/app", "v1").write_enabled


class TestReading:
    """What a registry is like, as far as Azure says."""

    def test_settings_are_what_the_management_plane_says(
        self, contoso: Registry, reader: AzureRegistry
    ) -> None:
        assert reader.settings(contoso) == RegistrySettings(
            sku="Premium",
            public_network_access=True,
            denies_by_default=True,
            ip_rules=(COLLEAGUE,),
            quarantine=False,
            anonymous_pull=False,
            admin_user=False,
        )

    def test_every_setting_that_is_otherwise_is_seen(self, azure: LocalAzure, reader: AzureRegistry) -> None:
        odd = azure.add_registry(
            "fabrikam",
            public_network_access="Disabled",
            quarantine=True,
            anonymous_pull=True,
            admin_user=True,
        )
        assert reader.settings(Registry(odd.resource_id, odd.login_server)) == RegistrySettings(
            sku="Premium",
            public_network_access=False,
            denies_by_default=False,
            ip_rules=(),
            quarantine=True,
            anonymous_pull=True,
            admin_user=True,
        )

    @pytest.mark.parametrize("sku", ["Basic", "Standard"])
    def test_a_registry_without_network_rules_denies_nobody(
        self, azure: LocalAzure, reader: AzureRegistry, sku: str
    ) -> None:
        small = azure.add_registry("fabrikam", sku=sku)
        settings = reader.settings(Registry(small.resource_id, small.login_server))
        assert isinstance(settings, RegistrySettings)
        assert (settings.sku, settings.denies_by_default, settings.ip_rules) == (sku, False, ())

    def test_the_ceiling_is_the_services_own_word_if_it_gives_one(
        self, contoso: Registry, local: LocalRegistry, reader: AzureRegistry
    ) -> None:
        local.maximum_storage_capacity, local.usage_bytes = 100 * TEBIBYTE, 7
        assert reader.usage(contoso) == Usage(7, 100 * TEBIBYTE, CeilingSource.SERVICE, 200)

    def test_else_it_is_the_operators_and_else_assumed_and_never_the_included_storage(
        self, contoso: Registry, local: LocalRegistry, reader: AzureRegistry
    ) -> None:
        local.usage_bytes = 7
        set_by_operator = replace(contoso, storage_ceiling_bytes=9 * TEBIBYTE)
        assert reader.usage(set_by_operator) == Usage(7, 9 * TEBIBYTE, CeilingSource.SETTING, 200)
        assert reader.usage(contoso) == Usage(7, 40 * TEBIBYTE, CeilingSource.ASSUMED, 200)

    @pytest.mark.parametrize("level", LockLevel)
    def test_a_lock_is_read_at_its_level(
        self, contoso: Registry, local: LocalRegistry, reader: AzureRegistry, level: LockLevel
    ) -> None:
        lock(local, level)
        assert {each: looked(reader, contoso, local, each).write for each in LockLevel} == {
            each: each is not level for each in LockLevel
        }

    def test_a_tag_leads_to_its_manifest_and_says_when_it_was_pushed(
        self, contoso: Registry, local: LocalRegistry, reader: AzureRegistry
    ) -> None:
        tag = looked(reader, contoso, local, LockLevel.TAG)
        pushed = local.repositories["team/app"].tags["v1"].updated
        assert tag.digest == digest(local)
        assert tag.updated_at
        assert abs((tag.updated_at - pushed).total_seconds()) < 0.001

    def test_a_manifest_names_every_tag_that_is_on_it(
        self, contoso: Registry, local: LocalRegistry, reader: AzureRegistry
    ) -> None:
        local.push("team/app", "v2")
        assert sorted(looked(reader, contoso, local, LockLevel.MANIFEST).tags) == ["v1", "v2"]

    def test_what_is_not_there_is_absent(self, contoso: Registry, reader: AzureRegistry) -> None:
        assert reader.repository(contoso, "team/none") == Absent()
        assert reader.tag(contoso, "team/app", "v9") == Absent()
        assert reader.manifest(contoso, "team/app", f"sha256:{'0' * 64}") == Absent()

    def test_without_the_right_it_says_which_is_missing(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry
    ) -> None:
        azure.rights["reader"] = set()
        prefix = "Microsoft.ContainerRegistry/registries/"
        settings, usage, tag = (
            reader.settings(contoso),
            reader.usage(contoso),
            reader.tag(contoso, "team/app", "v1"),
        )
        assert settings == Unreadable("Azure answered 403", f"{prefix}read")
        assert usage == Unreadable("Azure answered 403", f"{prefix}listUsages/read")
        assert isinstance(tag, Unreadable)
        assert tag.missing_right == f"{prefix}metadata/read"

    @pytest.mark.parametrize("nested", [False, True])
    def test_whom_the_firewall_keeps_out_lacks_no_right(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry, *, nested: bool
    ) -> None:
        azure.bot_address, azure.firewall_body_nested = ADDRESS, nested
        assert reader.tag(contoso, "team/app", "v1") == Unreadable(
            f"the registry's firewall refuses {ADDRESS}, from where it was asked"
        )

    @pytest.mark.parametrize(
        ("status_of_link", "hosts"),
        [("Approved", ("contoso.westeurope.data.azurecr.io",)), ("Pending", ())],
    )
    def test_a_registry_with_a_private_endpoint_has_data_endpoints_of_its_own(
        self,
        local: LocalRegistry,
        contoso: Registry,
        reader: AzureRegistry,
        status_of_link: str,
        hosts: tuple[str, ...],
    ) -> None:
        state = {"status": status_of_link}
        endpoint = {"privateEndpoint": {"id": "/x/pe"}, "privateLinkServiceConnectionState": state}
        local.private_endpoints = [{"name": "pe", "properties": endpoint}]
        local.unknown_properties["dataEndpointHostNames"] = ["contoso.westeurope.data.azurecr.io"]
        profile = reader.profile(contoso)
        assert isinstance(profile, Profile)
        assert profile.data_endpoints == hosts

    def test_an_answer_that_says_nothing_is_never_taken_for_a_registry(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry
    ) -> None:
        azure.faults.add(path=ARM_PATH, effect=status(200, "{}"), times=None)
        nothing = Unreadable("what Azure answered describes no registry")
        assert (reader.settings(contoso), reader.profile(contoso)) == (nothing, nothing)

    def test_whoever_is_logged_in_to_another_tenant_lacks_no_right(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry
    ) -> None:
        challenge = {"WWW-Authenticate": 'Bearer authorization_uri="https://x", error="invalid_token"'}
        azure.faults.add(path=ARM_PATH, effect=status(401, "{}", challenge), times=None)
        settings = reader.settings(contoso)
        assert isinstance(settings, Unreadable)
        assert "az login --tenant" in settings.advice
        assert settings.missing_right is None

    @pytest.mark.parametrize("path", ["^/oauth2/exchange$", "^/oauth2/token$"])
    def test_whose_login_is_refused_lacks_no_right_to_attributes(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry, path: str
    ) -> None:
        azure.faults.add(path=path, effect=status(401, "{}"), times=None)
        assert reader.tag(contoso, "team/app", "v1") == Unreadable("the login was answered with 401")

    @pytest.mark.parametrize("effect", [html(502), status(404), cut_before(), cut_within()])
    def test_whatever_else_azure_answers_is_unreadable_and_is_not_raised(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry, effect: object
    ) -> None:
        azure.faults.add(effect=effect, method="GET", path=ARM_PATH, times=None)  # type: ignore[arg-type]
        settings = reader.settings(contoso)
        assert isinstance(settings, Unreadable)
        assert settings.missing_right is None

    def test_one_bad_answer_is_tried_again(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry
    ) -> None:
        fault = azure.faults.add(effect=status(503), method="GET", path=ARM_PATH)
        assert isinstance(reader.settings(contoso), RegistrySettings)
        assert fault.hits == 1

    def test_a_token_is_fetched_once_for_all_reads_of_a_repository(
        self, azure: LocalAzure, contoso: Registry, reader: AzureRegistry
    ) -> None:
        for _ in range(5):
            reader.tag(contoso, "team/app", "v1")
        assert sum(call.path == "/oauth2/token" for call in azure.requests) == 1

    def test_an_hour_that_is_asked_for_is_not_slept(self) -> None:
        class Asked:
            """An answer that asks to wait for an hour."""

            class http_response:  # noqa: N801 - as azure-core names it
                """The answer itself."""

                headers = {"Retry-After": "3600"}  # noqa: RUF012 - nobody changes it

        assert BoundedRetry().get_retry_after(Asked()) == 10.0  # type: ignore[arg-type]


class TestLocks:
    """Writes of one attribute on the data plane."""

    @pytest.mark.parametrize("level", LockLevel)
    def test_write_enabled_is_set_at_that_level_and_nothing_else_anywhere(
        self,
        azure: LocalAzure,
        contoso: Registry,
        local: LocalRegistry,
        reader: AzureRegistry,
        writer: Writing,
        level: LockLevel,
    ) -> None:
        for each in LockLevel:
            lock(local, each)
        before = looked(reader, contoso, local, level)
        change = LockChange("contoso", target(local, level), before, write_enabled=True)
        assert writer.apply(contoso, change) == Applied()
        assert {each: looked(reader, contoso, local, each).write for each in LockLevel} == {
            each: each is level for each in LockLevel
        }
        assert [call.json for call in azure.writes()] == [{"writeEnabled": True}]
        assert {call.identity for call in azure.writes()} == {"writer"}
        assert writer.held == 1

    def test_an_undoing_locks_again(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        writer.apply(contoso, unlock)
        back = replace(unlock, before=unlock.after, write_enabled=False)
        assert writer.apply(contoso, back) == Applied()
        assert not is_open(local)
        assert [call.json for call in azure.writes()] == [{"writeEnabled": True}, {"writeEnabled": False}]

    @pytest.mark.parametrize(
        "effect",
        [
            cut_after(),
            cut_before(),
            cut_within(),
            status(500),
            status(502),
            status(503),
            html(502),
            html(500),
        ],
    )
    def test_a_write_whose_answer_was_lost_or_that_failed_once_is_settled_by_looking(
        self,
        azure: LocalAzure,
        contoso: Registry,
        local: LocalRegistry,
        writer: Writing,
        unlock: LockChange,
        effect: object,
    ) -> None:
        azure.faults.add(effect=effect, method="PATCH", path=LOCK_PATH)  # type: ignore[arg-type]
        assert writer.apply(contoso, unlock) == Applied()
        assert is_open(local)
        assert len(azure.writes()) == 1

    @pytest.mark.parametrize("code", [409, 429])
    def test_a_registry_that_asks_to_come_again_is_asked_again(
        self,
        azure: LocalAzure,
        contoso: Registry,
        local: LocalRegistry,
        writer: Writing,
        unlock: LockChange,
        code: int,
    ) -> None:
        azure.faults.add(effect=retry_after(1, code), method="PATCH", path=LOCK_PATH)
        assert writer.apply(contoso, unlock) == Applied()
        assert is_open(local)
        assert len(azure.writes()) == 1

    def test_without_the_right_it_fails_for_good_and_names_the_right(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        azure.rights["writer"] = {"Microsoft.ContainerRegistry/registries/metadata/read"}
        refused = writer.apply(contoso, unlock)
        assert isinstance(refused, Failed)
        assert refused.missing_right == "Microsoft.ContainerRegistry/registries/metadata/write"
        assert refused.settled
        assert not is_open(local)
        assert azure.writes() == []

    def test_without_the_right_to_look_nothing_is_written(
        self, azure: LocalAzure, contoso: Registry, writer: Writing, unlock: LockChange
    ) -> None:
        azure.rights["writer"] = {"Microsoft.ContainerRegistry/registries/metadata/write"}
        refused = writer.apply(contoso, unlock)
        assert isinstance(refused, Failed)
        assert refused.missing_right == "Microsoft.ContainerRegistry/registries/metadata/read"
        assert (azure.writes(), writer.held) == ([], 0)

    def test_a_registry_that_never_answers_leaves_it_unsettled_after_three_tries(
        self, azure: LocalAzure, contoso: Registry, writer: Writing, unlock: LockChange
    ) -> None:
        azure.faults.add(effect=html(502), method="PATCH", path=LOCK_PATH, times=None)
        unsettled = writer.apply(contoso, unlock)
        assert isinstance(unsettled, Failed)
        assert not unsettled.settled
        assert writer.pauses == [1.0, 2.0]
        assert writer.held == 3

    def test_what_somebody_unlocked_before_us_is_theirs_unless_an_earlier_try_of_ours_may_have_done_it(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        local.unlock("team/app", tag="v1")
        assert writer.apply(contoso, unlock) == Moved("somebody has made this very change")
        assert writer.apply(contoso, unlock, may_be_made=True) == Applied()
        assert azure.writes() == []

    def test_what_somebody_changed_otherwise_is_not_written(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        local.lock("team/app", tag="v1", delete=False)
        for may_be_made in (False, True):
            assert writer.apply(contoso, unlock, may_be_made=may_be_made) == Moved(
                "somebody has changed its attributes"
            )
        assert azure.writes() == []

    def test_what_is_gone_is_not_written(
        self, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        del local.repositories["team/app"].tags["v1"]
        assert writer.apply(contoso, unlock) == Moved("it is gone")

    def test_a_push_of_before_the_write_does_not_count_as_a_change_of_the_lock(
        self, contoso: Registry, local: LocalRegistry, writer: Writing, unlock: LockChange
    ) -> None:
        local.push("team/app", "v1", b"other content")
        assert writer.apply(contoso, unlock) == Applied()


class TestRules:
    """Writes of the whole array of rules on the management plane."""

    def test_one_rule_is_added_and_nothing_else_of_the_registry_changes(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        before = registry_document(local, NEWEST)
        assert writer.apply(contoso, ALLOW) == Applied()
        after = registry_document(local, NEWEST)
        rules = after["properties"]["networkRuleSet"]
        assert rules.pop("ipRules") == [
            {"action": "Allow", "value": COLLEAGUE},
            {"action": "Allow", "value": ADDRESS},
        ]
        before["properties"]["networkRuleSet"].pop("ipRules")
        before.pop("systemData")
        after.pop("systemData")
        assert after == before
        assert rules["virtualNetworkRules"] == [{"action": "Allow", "id": SUBNET}]
        [write] = azure.writes()
        assert write.identity == "writer"
        assert set(write.json["properties"]) == {"networkRuleSet"}
        assert writer.held == 1

    def test_only_our_own_rule_is_taken_out(
        self, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        local.ip_rules = [COLLEAGUE, ADDRESS, "20.0.0.1"]
        out = RuleChange("contoso", before=tuple(local.ip_rules), remove=(ADDRESS,))
        assert writer.apply(contoso, out) == Applied()
        assert local.ip_rules == [COLLEAGUE, "20.0.0.1"]
        assert local.default_action == "Deny"

    def test_a_colleagues_rule_of_the_meantime_moves_the_target(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        local.ip_rules.append("20.0.0.1")
        assert writer.apply(contoso, ALLOW) == Moved("somebody has changed the network rules")
        assert local.ip_rules == [COLLEAGUE, "20.0.0.1"]
        assert azure.writes() == []

    def test_a_colleague_who_let_the_same_address_in_keeps_the_rule(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        local.ip_rules.append(ADDRESS)
        assert writer.apply(contoso, ALLOW) == Moved("somebody has made this very change")
        assert writer.apply(contoso, ALLOW, may_be_made=True) == Applied()
        assert azure.writes() == []

    @pytest.mark.parametrize(
        "effect", [cut_after(), cut_before(), cut_within(), status(500), html(502), status(503)]
    )
    def test_a_write_whose_answer_was_lost_or_that_failed_once_is_settled_by_looking(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, effect: object
    ) -> None:
        azure.faults.add(effect=effect, method="PATCH", path=ARM_PATH)  # type: ignore[arg-type]
        assert writer.apply(contoso, ALLOW) == Applied()
        assert local.ip_rules == [COLLEAGUE, ADDRESS]
        assert len(azure.writes()) == 1

    def test_a_write_that_was_carried_out_unheard_and_unseen_is_recognised_on_the_next_try(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        azure.faults.add(effect=cut_after(), method="PATCH", path=ARM_PATH)
        azure.faults.add(effect=status(400), method="GET", path=ARM_PATH, after=1)
        assert writer.apply(contoso, ALLOW) == Applied()
        assert writer.pauses == [1.0]
        assert local.ip_rules == [COLLEAGUE, ADDRESS]
        assert len(azure.writes()) == 1

    @pytest.mark.parametrize("code", [409, 429])
    def test_a_service_that_asks_to_come_again_is_asked_again(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, code: int
    ) -> None:
        azure.faults.add(effect=retry_after(1, code), method="PATCH", path=ARM_PATH)
        assert writer.apply(contoso, ALLOW) == Applied()
        assert local.ip_rules == [COLLEAGUE, ADDRESS]

    def test_a_service_that_asks_to_come_again_later_is_asked_no_sooner_and_not_much_later(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        azure.faults.add(effect=retry_after(7), method="PATCH", path=ARM_PATH)
        azure.faults.add(effect=retry_after(3600), method="PATCH", path=ARM_PATH)
        assert writer.apply(contoso, ALLOW) == Applied()
        assert writer.pauses == [7.0, 10.0]
        assert local.ip_rules == [COLLEAGUE, ADDRESS]

    def test_what_a_colleague_changed_while_the_service_asked_to_wait_is_not_overwritten(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry
    ) -> None:
        azure.faults.add(effect=retry_after(1), method="PATCH", path=ARM_PATH)
        patient = AzureRegistryWriter(clients(azure, "writer"), lambda _: local.ip_rules.append("20.0.0.1"))
        moved = Moved("somebody has changed the network rules")
        assert patient.apply(contoso, ALLOW, lambda: None, may_be_made=False) == moved
        assert local.ip_rules == [COLLEAGUE, "20.0.0.1"]
        assert azure.writes() == []

    @pytest.mark.parametrize("kind", ["updating", "201", "202"])
    def test_an_update_that_azure_carries_out_later_is_waited_for(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing, kind: str
    ) -> None:
        azure.arm_async, azure.arm_polls = kind, 1  # type: ignore[assignment]
        assert writer.apply(contoso, ALLOW) == Applied()
        assert local.ip_rules == [COLLEAGUE, ADDRESS]
        assert len(azure.writes()) == 1

    def test_without_the_right_it_fails_for_good_and_names_the_right(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        azure.rights["writer"] = {"Microsoft.ContainerRegistry/registries/read"}
        assert writer.apply(contoso, ALLOW) == Failed(
            "Azure answered 403", missing_right="Microsoft.ContainerRegistry/registries/write"
        )
        assert local.ip_rules == [COLLEAGUE]

    def test_a_rule_that_azure_will_not_have_fails_for_good(
        self, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        local.ip_rule_quota = 1
        assert writer.apply(contoso, ALLOW) == Failed("Azure answered 400")
        assert local.ip_rules == [COLLEAGUE]

    def test_a_registry_without_network_rules_any_more_is_not_written(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        local.sku = "Standard"
        assert writer.apply(contoso, ALLOW) == Moved("the registry has no network rules any more")
        assert azure.writes() == []

    def test_a_registry_that_never_answers_leaves_it_unsettled(
        self, azure: LocalAzure, contoso: Registry, local: LocalRegistry, writer: Writing
    ) -> None:
        azure.faults.add(effect=html(502), method="PATCH", path=ARM_PATH, times=None)
        unsettled = writer.apply(contoso, ALLOW)
        assert isinstance(unsettled, Failed)
        assert not unsettled.settled
        assert local.ip_rules == [COLLEAGUE]


def test_a_lease_that_was_lost_is_noticed_before_anything_is_written(
    azure: LocalAzure, contoso: Registry, local: LocalRegistry, unlock: LockChange
) -> None:
    def lost() -> None:
        raise Busy

    writer = AzureRegistryWriter(clients(azure, "writer"))
    for change in (unlock, ALLOW):
        with pytest.raises(Busy):
            writer.apply(contoso, change, lost, may_be_made=False)
    assert azure.writes() == []
    assert local.ip_rules == [COLLEAGUE]
