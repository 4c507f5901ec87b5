"""An installed bot for each test: nothing permitted is left over from the one before."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.minihost import MiniHost
from tests.host.worker import FakeHost
from tests.installation import PERMISSIVE, Installation, applied, emptied, environment
from tests.local_azure import LocalAzure, Registry


@pytest.fixture
def azure() -> Iterator[LocalAzure]:
    """An Azure in which nothing has happened yet."""
    with LocalAzure() as azure:
        yield azure


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    """A healthy registry."""
    return azure.add_registry("contoso")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy file that permits what the stories need."""
    file = tmp_path / "policy.yaml"
    file.write_text(PERMISSIVE)
    return file


@pytest.fixture
def bot(
    azure: LocalAzure, contoso: Registry, policy: Path, azurite: str, worker: FakeHost
) -> Iterator[Installation]:
    """The bot, installed for the registry."""
    assert contoso in azure.registries.values()
    # Our own authority alone is read thirty times faster than with the system's.
    trust = {"REQUESTS_CA_BUNDLE": azure.ca_certificate, "SSL_CERT_FILE": azure.ca_certificate}
    with applied(environment(azure, azurite, policy) | trust):
        sys.modules["function_app"]._app.cache_clear()
        yield Installation(azure, MiniHost(worker, azurite))
    emptied(azurite)
