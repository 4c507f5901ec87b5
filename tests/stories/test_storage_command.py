"""`medic storage`, run by an operator who wants to know how long there is room, and of what."""

import json

import pytest

import medic
from tests.installation import READER, Installation
from tests.local_azure import LocalAzure, Registry

TEBIBYTE = 1024**4


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    """A registry that says nothing of its ceiling, has grown for two months, and holds two repositories."""
    registry = azure.add_registry("contoso", maximum_storage_capacity=None)
    registry.push("team/small", "v1", b"x" * 10)
    registry.push("team/large.v2", "v1", b"x" * 3000)
    registry.push("team/large.v2", "v1", b"y" * 3000)
    registry.usage_bytes = 30 * TEBIBYTE
    registry.grew(days=60, bytes_per_day=TEBIBYTE // 10)
    return registry


@pytest.mark.usefixtures("contoso", "bot")
def test_everything_is_on_one_screen(azure: LocalAzure, capsys: pytest.CaptureFixture[str]) -> None:
    assert medic.main(["storage", "contoso"]) == 0
    told = capsys.readouterr().out
    for part in (
        "30.0 TiB of 40.0 TiB, 75 %",
        "40.0 TiB: assumed; Premium's documented ceiling is 100 TiB since 2026",
        "at 102.4 GiB a day.",
        "▁▁",
        "TiB to 30.0 TiB)",
        "Repositories, the largest first (all 2 repositories counted)",
        "acr purge --filter 'team/large[.]v2:.*' --ago 90d --keep 10 --untagged --dry-run",
        "Never add `--include-locked`",
    ):
        assert part in told
    assert told.index("\n  team/large.v2") < told.index("\n  team/small")
    assert max(map(len, told.splitlines())) < 180
    assert azure.writes() == []
    assert "eyJ" not in told


@pytest.mark.usefixtures("contoso", "bot")
def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert medic.main(["storage", "CONTOSO", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["days"]) == 56
    assert told["days"][-1]["used"] == 30 * TEBIBYTE
    assert told["forecast"]["type"] == "reached"
    assert [one["repository"] for one in told["contents"]["tallies"]] == ["team/large.v2", "team/small"]
    assert all(one["command"].startswith("az acr ") for one in told["suggestions"])
    assert told["traps"]


@pytest.mark.usefixtures("contoso")
def test_what_could_not_be_read_is_said_and_the_rest_is_shown(
    azure: LocalAzure, bot: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.host.tick("storage_watch")
    azure.rights[READER] = set()
    assert medic.main(["storage", "contoso"]) == 2
    told = capsys.readouterr()
    assert "30.0 TiB of 40.0 TiB, 75 %" in told.out
    assert "could not be read: Azure answered" in told.out
    assert told.err == "medic: the figures of today could not be read: Azure answered 403\n"


@pytest.mark.usefixtures("contoso", "bot")
def test_a_registry_that_the_bot_does_not_know_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert medic.main(["storage", "fabrikam"]) == 2
    assert "there is no registry fabrikam; known are contoso" in capsys.readouterr().err
