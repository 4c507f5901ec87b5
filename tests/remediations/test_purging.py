"""What a person could run looks and deletes nothing, whatever a repository is called."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.contents import Contents, Tally
from checks.evidence import NotAsked, Unreadable
from remediations.purging import suggestions, traps
from remediations.storage_report import StorageReport, facts, report
from tests.worlds import CONTOSO, FORBIDDEN, HELD, PROFILE

REPORT = report(CONTOSO, (), HELD, PROFILE)


def holding(*repositories: str) -> StorageReport:
    tallies = tuple(Tally(name, manifests=1, size=9, untagged=0, untagged_size=0) for name in repositories)
    return replace(REPORT, contents=replace(HELD, tallies=tallies))


def commands(of: StorageReport) -> list[str]:
    return [one.command for one in suggestions(of)]


def test_every_purge_is_a_rehearsal() -> None:
    purges = [command for command in commands(REPORT) if "purge" in command]
    assert len(purges) == 3
    for purge in purges:
        assert "--dry-run" in purge
        assert "--include-locked" not in purge


def test_the_command_is_what_a_shell_hands_to_az() -> None:
    [usage, untagged, models, *_] = (shlex.split(command) for command in commands(REPORT))
    assert usage == ["az", "acr", "show-usage", "--name", "contoso", "--output", "table"]
    run = ["az", "acr", "run", "--registry", "contoso", "--timeout", "3600", "--cmd"]
    assert untagged == [*run, "acr purge --untagged-only --dry-run", "/dev/null"]
    assert models == [
        *run,
        "acr purge --filter 'team/models:.*' --ago 90d --keep 10 --untagged --dry-run",
        "/dev/null",
    ]


def test_a_dot_in_a_name_stands_for_itself() -> None:
    assert any("--filter 'team[.]x/app:.*'" in command for command in commands(holding("team.x/app")))


@pytest.mark.parametrize(
    "name", ["team/$(reboot)", "a'; rm -rf ~ #", 'a" --yes', "a:.*", "a b", "--help", "a\nb", "Team/App", ""]
)
def test_what_is_no_repository_name_is_in_no_command(name: str) -> None:
    assert commands(holding(name)) == commands(holding())


@given(st.text(max_size=40))
def test_whatever_a_repository_is_called_each_command_is_one_az(name: str) -> None:
    for command in commands(holding(name, "team/app")):
        assert shlex.split(command)[:2] == ["az", "acr"]
        assert not set(command) & set("$`;&|\\\n<>")


@pytest.mark.parametrize("contents", [NotAsked(), FORBIDDEN])
def test_without_a_count_there_is_still_something_to_run(contents: Contents | Unreadable | NotAsked) -> None:
    assert len(commands(replace(REPORT, contents=contents))) == 2


def told(**settings: object) -> str:
    return "\n".join(traps(replace(REPORT, profile=replace(PROFILE, **settings))))


def test_the_traps_are_those_of_the_registry_as_it_is_set_up() -> None:
    assert "Soft delete" not in told()
    assert "goes on counting for 30 days" in told(soft_delete_days=30)
    assert "OCI manifests" not in told()
    assert "OCI manifests" in told(retention_days=7)
    assert "Standard has a ceiling of 40 TiB, and Premium one of 100 TiB since 2026" in told(sku="Standard")
    assert "Premium one" not in told()


def test_a_registry_whose_settings_nobody_could_read_may_have_soft_delete() -> None:
    assert "If soft delete is on" in told(soft_delete_days=FORBIDDEN)
    unread = replace(REPORT, profile=replace(PROFILE, soft_delete_days=FORBIDDEN))
    assert dict(facts(unread))["Tier"] == "Premium, soft delete unknown, retention off"
    assert any("If soft delete is on" in trap for trap in traps(replace(REPORT, profile=FORBIDDEN)))
