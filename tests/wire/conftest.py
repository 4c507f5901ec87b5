"""What the wire's tests have in common: one local Azure for each file, empty again for each test."""

from collections.abc import Iterator

import pytest

from tests.installation import applied
from tests.local_azure import LocalAzure


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAzure]:
    with LocalAzure() as azure, applied(azure.environment()):
        yield azure


@pytest.fixture
def azure(running: LocalAzure) -> LocalAzure:
    running.reset()
    return running
