"""What a whole run shares, started when first asked for: a storage account, and the worker with our app."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.host.worker import FakeHost

# The same examples today and next year, however slow the machine is.
settings.register_profile("push-medic", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("push-medic")


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of a storage account that lasts as long as the run."""
    from tests.host.azurite import azurite

    with azurite() as connection:
        yield connection


@pytest.fixture(scope="session")
def worker() -> "Iterator[FakeHost]":
    """The real Functions worker with our app, which a process can hold once."""
    from tests.host.azurite import ROOT
    from tests.host.worker import FakeHost

    with FakeHost(ROOT) as host:
        yield host
