"""What a cold start pays for: nothing that the first invocation does not use."""

import json
import subprocess
import sys
from typing import Final

import pytest

from tests.host.azurite import ROOT
from tests.worlds import CONTOSO

SDKS: Final = (
    "azure.core",
    "azure.identity",
    "azure.data",
    "azure.storage",
    "azure.mgmt",
    "azure.containerregistry",
    "azure.monitor",
    "azure.communication",
    "requests",
    "urllib3",
    "msal",
    "yaml",
)
ENVIRONMENT: Final = {
    "AzureWebJobsStorage": "",
    "AzureWebJobsStorage__tableServiceUri": "https://127.0.0.1:9/account",
    "AzureWebJobsStorage__queueServiceUri": "https://127.0.0.1:9/account",
    "PUSH_MEDIC_REGISTRIES": json.dumps(
        [{"resourceId": CONTOSO.resource_id, "loginServer": CONTOSO.login_server}]
    ),
    "PATH": "/usr/bin:/bin",
}
BATCH: Final = """
rows = [
    {"category": "ContainerRegistryRepositoryEvents", "operationName": "Push", "resultDescription": "201"},
    {"category": "ContainerRegistryRepositoryEvents", "operationName": "Pull", "resultDescription": "404"},
    {"category": "ContainerRegistryLoginEvents", "operationName": "Login", "resultDescription": "200"},
    {"metricName": "TotalPushCount", "total": 1},
]
body = json.dumps({"records": rows * 50}).encode()
function_app.diagnostic_logs([func.EventHubEvent(body=body) for _ in range(20)])
"""


def loaded_after(program: str) -> set[str]:
    """The modules that a fresh Python has loaded once it has run the program."""
    listing = "import sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{listing}"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def of(packages: tuple[str, ...], modules: set[str]) -> set[str]:
    """Those of the modules that belong to one of the packages."""
    return {module for module in modules if f"{module}.".startswith(tuple(f"{name}." for name in packages))}


def test_importing_the_app_imports_no_sdk_but_azure_functions() -> None:
    bare = loaded_after("import azure.functions, json, logging, functools, typing")
    ours = loaded_after("import function_app")
    assert of(SDKS, ours - bare) == set()
    assert not {module for module in ours - bare if module.startswith("azure.")} - {"azure.functions"}


def test_importing_the_app_imports_neither_the_checks_nor_the_remediations() -> None:
    ours = loaded_after("import function_app")
    assert of(("checks", "remediations", "composition", "parts", "settings", "msgspec"), ours) == set()


def test_a_batch_without_failures_touches_no_storage_and_imports_no_sdk_of_it() -> None:
    # The storage account does not exist: a single call to it would fail, and with it the batch.
    loaded = loaded_after(f"import json, function_app, azure.functions as func{BATCH}")
    assert of(("azure.core", "azure.data", "azure.storage", "azure.identity", "requests"), loaded) == set()


@pytest.mark.parametrize("package", ["azure.core", "azure.identity", "azure.mgmt"])
def test_the_pure_half_of_each_package_imports_no_sdk(package: str) -> None:
    program = (
        "import checks.catalog, remediations.responder, remediations.policy_file; checks.catalog.checks()"
    )
    assert of((package,), loaded_after(program)) == set()
