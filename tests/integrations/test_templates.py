"""The action and the template run the one script, and nothing that they are given becomes a part of it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.host.azurite import ROOT

FOLDER = ROOT / "integrations"
ACTION = FOLDER / "github-action/action.yml"
TEMPLATE = FOLDER / "azure-pipelines/medic-push.yml"
SCRIPT = FOLDER / "medic-push"


def read(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(file.read_text())
    return told


def steps() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each step with its name, and the script that it runs."""
    for step in read(ACTION)["runs"]["steps"]:
        yield "action", step, step["run"]
    for step in read(TEMPLATE)["steps"]:
        yield "template", step, step["bash"]


def test_the_action_is_one_by_githubs_rules() -> None:
    """https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax."""
    action = read(ACTION)
    assert action.keys() == {"name", "description", "inputs", "runs"}
    assert action["runs"]["using"] == "composite"
    for name, given in action["inputs"].items():
        assert given.keys() <= {"description", "required", "default"}, name
        assert given["required"] is ("default" not in given), name
    for step in action["runs"]["steps"]:
        assert step.keys() == {"shell", "env", "run"}


def test_the_template_is_one_by_the_rules_of_azure_pipelines() -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/process/template-parameters."""
    template = read(TEMPLATE)
    assert template.keys() == {"parameters", "steps"}
    for given in template["parameters"]:
        assert given.keys() <= {"name", "type", "default"}
        assert given["type"] in {"string", "number"}
    for step in template["steps"]:
        assert step.keys() == {"bash", "displayName", "env"}


def test_what_is_declared_is_used_and_what_is_used_is_declared() -> None:
    inputs = set(read(ACTION)["inputs"])
    assert inputs == set(re.findall(r"\$\{\{ inputs\.(\w+) \}\}", ACTION.read_text()))
    parameters = {given["name"] for given in read(TEMPLATE)["parameters"]}
    assert parameters == set(re.findall(r"\$\{\{ parameters\.(\w+) \}\}", TEMPLATE.read_text()))


def test_nothing_that_is_given_becomes_a_part_of_a_script() -> None:
    for _, step, script in steps():
        assert script == 'sh "$MEDIC_PUSH" sh -ec "$PUSH_COMMAND"'
        for name in re.findall(r"\$(\w+)", script):
            assert name in step["env"]


def test_every_setting_of_a_step_is_one_that_the_script_reads() -> None:
    script = SCRIPT.read_text()
    for name, step, _ in steps():
        for variable in step["env"].keys() - {"MEDIC_PUSH", "PUSH_COMMAND"}:
            assert f"${variable}" in script or f"${{{variable}" in script, f"{variable} of the {name}"


def test_the_action_finds_the_script() -> None:
    assert (ACTION.parent / "../medic-push").resolve() == SCRIPT
    assert SCRIPT.stat().st_mode & 0o111


@pytest.mark.parametrize("dialect", ["sh", "dash", "busybox"])
def test_the_script_is_clean_in_every_dialect(dialect: str) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [shellcheck, f"--shell={dialect}", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
