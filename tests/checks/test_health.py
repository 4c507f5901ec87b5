"""What `medic check` says of a registry, from evidence."""

import msgspec
import pytest
from msgspec.structs import replace

from checks.acr.tag_locked import tag_locked
from checks.catalog import checks
from checks.evidence import Evidence, NotAsked, Unreadable
from checks.frame import Subject
from checks.health import Health, Line, Mark, Part, asking, health
from checks.health_text import as_text
from checks.model import Image, LockLevel, Symptom
from tests.examined import ASKED, ASKED_OF, DENIED, ILL, LINK, WELL, blind, but
from tests.surroundings import MACHINE
from tests.worlds import CONTOSO, locked, set_to, used

CLIENT_PARTS = ("groups", "hops", "routes", "connection")


def looked(evidence: Evidence = WELL, subject: Subject = ASKED) -> Health:
    return health(CONTOSO, subject, evidence, checks())


def line(found: Health, check: str) -> Line:
    return next(one for one in found.lines if one.check == check)


def test_a_registry_in_good_health_has_nothing_wrong_and_everything_told() -> None:
    found = looked()
    assert found.healthy is True
    assert {one.mark for one in found.lines} == {Mark.FINE}


@pytest.mark.parametrize("world", ILL.values(), ids=ILL)
def test_a_registry_that_is_ill_is_not_healthy(world: Evidence) -> None:
    found = looked(world)
    assert found.healthy is False
    for wrong in found.marked(Mark.WRONG):
        assert wrong.saw
        assert wrong.means
        assert wrong.next
        assert "REGISTRY" not in wrong.next.replace("PUSH_MEDIC_REGISTRIES", "")


def test_what_cannot_be_told_is_not_healthy_either_and_names_the_right() -> None:
    found = looked(blind("quotas"))
    assert found.healthy is None
    assert [(one.check, one.missing_right, one.next) for one in found.marked(Mark.UNKNOWN)] == [
        (
            "quota_reached",
            "the.right/that/is/missing",
            "Give the identity that looks the right the.right/that/is/missing.",
        )
    ]


def test_what_is_wrong_outweighs_what_cannot_be_told() -> None:
    assert looked(blind("quotas", ILL["fault"])).healthy is False


def test_what_cannot_be_told_for_no_lack_of_rights_says_how_to_look() -> None:
    found = looked(replace(WELL, quotas=Unreadable("no answer within 30 s")))
    assert line(found, "quota_reached").next == "Look: `az acr show-usage --name contoso --output table`."


def test_what_nobody_looked_at_has_no_line() -> None:
    unseen = replace(WELL, **dict.fromkeys(CLIENT_PARTS, NotAsked()))
    assert {one.part for one in looked(unseen).lines} == {Part.WAY, Part.LOGIN, Part.LAYERS, Part.REGISTRY}


def test_what_only_signals_could_tell_has_no_line() -> None:
    assert not {one.check for one in looked().lines if one.saw == "no signal says so"}


def test_a_lock_is_looked_for_where_a_repository_is_named_and_nowhere_else() -> None:
    named = replace(ASKED, image=Image("team/app", "v1"))
    held = locked(LockLevel.TAG, WELL)
    assert line(looked(held, named), tag_locked.name).mark is Mark.WRONG
    assert tag_locked.name not in {one.check for one in looked(held).lines}
    untagged = replace(held, tag=NotAsked(), manifest=NotAsked())
    assert tag_locked.name not in {one.check for one in looked(untagged, ASKED_OF).lines}


def test_the_firewall_is_a_question_only_where_it_has_refused() -> None:
    closed = set_to(WELL, public_network_access=False)
    assert looked(closed).healthy is True
    refused = looked(replace(closed, challenge=DENIED))
    wrong = {one.check: one.code for one in refused.marked(Mark.WRONG)}
    assert wrong == {"public_access_disabled": "CONNECTIVITY_FORBIDDEN_ERROR"}
    by_rule = looked(replace(set_to(WELL, denies_by_default=True), challenge=DENIED))
    assert [one.saw for one in by_rule.marked(Mark.WRONG)] == [
        "the default action is Deny and none of 0 rules covers 52.138.231.5"
    ]


def test_a_command_that_mends_names_the_very_thing_that_is_to_be_mended() -> None:
    refused = looked(replace(set_to(WELL, denies_by_default=True), challenge=DENIED))
    assert "--ip-address 52.138.231.5`" in line(refused, "firewall_ip_denied").next
    named = replace(ASKED, image=Image("team/app", "v1"))
    for level, target in (
        (LockLevel.REPOSITORY, "--repository team/app`"),
        (LockLevel.TAG, "--image team/app:v1 --write-enabled true`"),
        (LockLevel.MANIFEST, "--image team/app@sha256:"),
    ):
        assert target in line(looked(locked(level, WELL), named), f"{level.value}_locked").next


def test_how_to_look_by_hand_names_what_was_asked_about() -> None:
    unseen = Unreadable("Azure answered 429 TooManyRequests")
    found = looked(replace(WELL, connection=unseen, hops=unseen), ASKED_OF)
    assert (
        f"--source-resource {MACHINE} --dest-address contoso.azurecr.io "
        in line(found, "client_cannot_connect").next
    )
    assert f"--vm {MACHINE} " in line(found, "route_drops").next
    named = looked(
        replace(WELL, tag=unseen, repository=unseen), replace(ASKED, image=Image("team/app", "v1"))
    )
    assert "--image team/app:v1`" in line(named, "tag_locked").next
    assert "--repository team/app`" in line(named, "repository_locked").next


def test_a_full_registry_is_found_without_a_repository() -> None:
    assert line(looked(used(99, WELL)), "storage_limit").mark is Mark.WRONG


def test_settings_that_are_no_fault_are_noted() -> None:
    world = set_to(WELL, admin_user=True, anonymous_pull=True, quarantine=True)
    world = but(
        "profile",
        world,
        retention_days=7,
        soft_delete_days=14,
        content_trust=True,
        export=False,
        private_links=(replace(LINK, status="Pending"),),
    )
    noted = {one.check: one.saw for one in looked(world).marked(Mark.NOTED)}
    assert noted == {
        "admin_user": "the admin user is enabled",
        "anonymous_pull": "anonymous pull is enabled",
        "quarantine": "the quarantine policy is enabled",
        "retention": "untagged manifests are deleted after 7 days",
        "soft_delete": "what is deleted is kept for 14 days",
        "content_trust": "content trust is enabled",
        "export": "export is disabled",
        "private_endpoint": "the private endpoint pe-contoso is Pending",
    }
    assert looked(world).healthy is True


@pytest.mark.parametrize(
    ("setting", "saw"),
    [
        ({"public_network_access": False}, "public network access is disabled"),
        (
            {"denies_by_default": True, "ip_rules": ("20.0.0.0/24", "52.138.231.5")},
            "the firewall is open to private endpoints and to 2 network rules only",
        ),
    ],
)
def test_a_firewall_that_lets_this_machine_in_is_noted_because_it_may_keep_others_out(
    setting: dict[str, object], saw: str
) -> None:
    found = looked(set_to(WELL, **setting))
    assert found.healthy is True
    assert line(found, "firewall").saw == saw
    assert "REGISTRY" not in line(found, "firewall").next


def test_a_policy_that_could_not_be_read_is_not_taken_to_be_off() -> None:
    noted = line(looked(but("profile", soft_delete_days=Unreadable("Azure answered 400"))), "soft_delete")
    assert noted.saw == "whether what is deleted is kept for a while could not be read: Azure answered 400"
    assert "--registry contoso" in noted.next


def test_locks_that_nobody_looked_for_are_noted() -> None:
    unseen = replace(WELL, repository=NotAsked())
    assert line(looked(unseen), "locks").next.endswith(
        "`medic check contoso --repository NAME:TAG` reads them."
    )
    assert "locks" not in {one.check for one in looked(WELL).lines}


def test_data_endpoints_that_nobody_could_try_are_noted() -> None:
    unseen = replace(WELL, data_endpoints=NotAsked())
    assert "*.blob.core.windows.net" in line(looked(unseen), "data_endpoints").next


def test_the_order_is_that_in_which_a_push_meets_it() -> None:
    parts = [one.part for one in looked(WELL, ASKED_OF).lines]
    assert parts == sorted(parts, key=list(Part).index)


def test_it_is_one_json_object() -> None:
    found = looked(ILL["security group"], ASKED_OF)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Health) == found


def test_the_text_says_what_was_seen_what_it_means_and_the_next_step_and_how_many() -> None:
    text = "\n".join(as_text(looked(ILL["security group"], ASKED_OF)))
    assert "network and the identity of this machine" in text
    assert f"What is said of the client holds for {MACHINE}" in text
    assert "WRONG  the rule UserRule_DenyInternet of nsg-build, applied to subnet build" in text
    assert "→ Ask the owner of nsg-build for an outbound rule" in text
    assert text.endswith("fine.")
    assert "contoso: 1 wrong, 0 noted" in text


def test_what_is_wrong_stands_first_and_what_is_fine_last() -> None:
    world = set_to(blind("quotas", ILL["security group"]), admin_user=True)
    lines = list(as_text(looked(world, ASKED_OF)))
    marks = [one[2:7].strip() for one in lines if one.startswith("  ") and one[2:7].strip()]
    assert marks[0] == "WRONG"
    assert list(dict.fromkeys(marks)) == ["WRONG", "??", "note", "ok"]
    assert lines[0] == lines[-1]
    assert lines[0].startswith("contoso: 1 wrong, 1 could not be told, 1 noted, ")


def test_a_right_that_many_checks_lack_is_asked_for_once() -> None:
    lines = list(as_text(looked(blind("profile"))))
    asked = [one for one in lines if "Give the identity that looks the right" in one]
    assert len([one for one in lines if one.startswith("  ??")]) > 3
    assert len(asked) == 1


def test_what_could_not_be_told_says_what_may_be_the_matter() -> None:
    text = " ".join("\n".join(as_text(looked(blind("quotas")))).split())
    assert (
        "could not be read: Azure answered 403. Perhaps: A limit of the registry's SKU is reached [quota_reached]"
        in text
    )


def test_a_command_that_is_told_holds_the_registrys_own_id() -> None:
    unseen = replace(WELL, login=Unreadable("no answer within 30 s"))
    assert f"--scope {CONTOSO.resource_id} " in line(looked(unseen), "push_not_permitted").next


def test_no_word_from_outside_can_move_a_terminals_cursor() -> None:
    evil = but("contact", ILL["proxy"], detail="\x1b[2J\r\nowned\x07")
    text = "".join(as_text(looked(evil)))
    assert all(one.isprintable() for one in text)


@pytest.mark.parametrize(
    ("repository", "image"),
    [(None, None), ("team/app", Image("team/app")), ("team/app:v1", Image("team/app", "v1"))],
)
def test_what_is_asked_about_is_parsed(repository: str | None, image: Image | None) -> None:
    assert asking(repository, MACHINE) == Subject(symptom=Symptom.UNREACHABLE, image=image, origin=MACHINE)


@pytest.mark.parametrize("repository", ["Team/App", "team/app:", "team/app:v1:v2", "../x", "", "a b"])
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(ValueError, match="is no name of a repository"):
        asking(repository, None)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "build1",
        "/subscriptions/x",
        MACHINE + "/extensions/x",
        MACHINE.replace("Microsoft.Compute/virtualMachines", "Microsoft.Storage/storageAccounts"),
        MACHINE + "?api-version=1",
        MACHINE + "\n",
        MACHINE + "/../x",
        MACHINE.replace("build1", ".."),
        MACHINE.replace("virtualMachines/build1", "virtualMachineScaleSets/agents"),
    ],
)
def test_what_is_no_machine_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="is no resource id"):
        asking(None, origin)
