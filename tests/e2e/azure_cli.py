"""azure-cli, which knows nothing of us, as a judge of how faithful the local Azure is."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import composition
from checks.health import Mark
from tests.ailments import AILMENTS
from tests.e2e.tally import Tally, expect
from tests.installation import applied, environment
from tests.local_azure import TENANT, LocalAzure, Registry

_VERSION = "2.91.0"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "push-medic"
# It resolves no name with a port, and goes wherever a realm leads.
_NOT_BY_AZ = {"CONNECTIVITY_SSL_ERROR", "CONNECTIVITY_WWW_AUTHENTICATE_ERROR"}
_APPLICATION = "33333333-3333-3333-3333-333333333333"


class NotInstalled(Exception):
    """azure-cli could not be installed, and why."""


def installed() -> Path:
    """The `az` of a virtual environment of its own, made the first time: a minute, and 700 MB."""
    venv = _CACHE / f"azure-cli-{_VERSION}"
    az, complete = venv / "bin/az", venv / ".complete"
    if not complete.exists():
        print(f"· azure-cli {_VERSION} into {venv}, about a minute", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            pip = [str(venv / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
            subprocess.run([*pip, f"azure-cli=={_VERSION}"], check=True)
        except (OSError, subprocess.CalledProcessError) as why:
            raise NotInstalled(f"azure-cli could not be installed: {why}") from why
        complete.touch()
    return az


def judge(az: Path, azure: LocalAzure, registry: Registry, folder: Path, tally: Tally) -> None:
    """Every command that an operator would use here must work, and do what it says."""
    cli = _Cli(az, azure.environment(), folder)
    registry.push("team/app", "v1")
    with tally.check("az login"):
        cli.run("login", "--service-principal", "-u", _APPLICATION, "-p", "a-secret", "--tenant", TENANT)
    with tally.check("az acr show"):
        shown = cli.run("acr", "show", "-n", registry.name)
        expect(shown["loginServer"] == registry.login_server, f"it shows {shown}")
    with tally.check("az acr repository list"):
        listed = cli.run("acr", "repository", "list", "-n", registry.name)
        expect(listed == ["team/app"], f"it lists {listed}")
    for name, target, object_ in (
        ("repository", ("--repository", "team/app"), registry.attributes("team/app")),
        ("tag", ("--image", "team/app:v1"), registry.attributes("team/app", "v1")),
    ):
        with tally.check(f"az acr repository show, of a {name}"):
            attributes = cli.run("acr", "repository", "show", "-n", registry.name, *target)
            expect(attributes["changeableAttributes"] == object_.as_wire(), f"it shows {attributes}")
        for word, writable in (("false", False), ("true", True)):
            with tally.check(f"az acr repository update --write-enabled {word}, of a {name}"):
                cli.run("acr", "repository", "update", "-n", registry.name, *target, "--write-enabled", word)
                expect(object_.write_enabled is writable, f"its attributes are {object_}")
    with tally.check("az acr network-rule add"):
        cli.run("acr", "update", "-n", registry.name, "--default-action", "Deny")
        cli.run("acr", "network-rule", "add", "-n", registry.name, "--ip-address", "52.138.231.5")
        expect(registry.ip_rules == ["52.138.231.5"], f"the rules are {registry.ip_rules}")
    with tally.check("az acr network-rule list"):
        rules = cli.run("acr", "network-rule", "list", "-n", registry.name)["ipRules"]
        expect([rule["ipAddressOrRange"] for rule in rules] == ["52.138.231.5"], f"it lists {rules}")
    with tally.check("az acr network-rule remove"):
        cli.run("acr", "network-rule", "remove", "-n", registry.name, "--ip-address", "52.138.231.5")
        cli.run("acr", "update", "-n", registry.name, "--default-action", "Allow")
        expect(registry.ip_rules == [], f"the rules are {registry.ip_rules}")
    with tally.check("az acr show-usage"):
        usages = {one["name"] for one in cli.run("acr", "show-usage", "-n", registry.name)["value"]}
        expect("Size" in usages, f"it shows {usages}")
    with tally.check("az acr check-health"):
        told = cli.told("acr", "check-health", "-n", registry.name, "--ignore-errors", "--yes")
        for sentence in ("DNS lookup", "Challenge endpoint", "Fetch refresh token", "Fetch access token"):
            line = next((line for line in told.splitlines() if sentence in line), "not a word")
            expect(line.endswith(": OK"), f"of {sentence} it says: {line}")
    for code, ailment in AILMENTS:
        if code in _NOT_BY_AZ:
            continue
        with tally.check(f"az acr check-health and medic check, on {code}"), ailment(azure, registry):
            told = cli.told(
                *("acr", "check-health", "-n", registry.name, "--repository", "team/app"),
                *("--ignore-errors", "--yes"),
            )
            by_az = set(re.findall(r"An error occurred: ((?:CONNECTIVITY|CMK|LOGIN)\w+)", told))
            ours = _codes_of_medic(azure, folder)
            expect(by_az <= ours, f"az says {by_az}, and medic {ours}")
            expect(code in ours, f"medic says {ours}")


def _codes_of_medic(azure: LocalAzure, folder: Path) -> set[str | None]:
    """The codes that `medic check` finds to be wrong in the same registry."""
    policy = folder / "policy.yaml"
    policy.write_text("version: 1\n")
    with applied(environment(azure, "UseDevelopmentStorage=true", policy) | {"NO_PROXY": "*"}):
        health = composition.build().check("contoso", "team/app", None, lambda _: None)
    return {line.code for line in health.marked(Mark.WRONG)}


class _Cli:
    """`az` with a folder of its own for whatever it remembers."""

    def __init__(self, az: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._az = az
        own = {
            "AZURE_CONFIG_DIR": str(folder / "az"),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "NO_PROXY": "*",
        }
        self._environment = {**os.environ, **environment, **own}

    def run(self, *command: str) -> Any:  # noqa: ANN401 - whatever az prints
        """What a command answers, decoded."""
        done = self._done(*command, "--output", "json")
        if done.returncode:
            raise RuntimeError(
                f"az {command[0]} {command[1]} ended with {done.returncode}: {done.stderr.strip()}"
            )
        return json.loads(done.stdout or "null")

    def told(self, *command: str) -> str:
        """Everything that a command printed."""
        done = self._done(*command)
        return done.stdout + done.stderr

    def _done(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self._az, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
