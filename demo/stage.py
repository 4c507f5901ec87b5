"""Everything that plays: Azure on loopback with three registries, the bot beside it, a push client, a pipeline."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.bot import installed
from tests.e2e.clients import Client, Oras, Skopeo, Workshop, is_there
from tests.e2e.pipeline import Pipeline
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry

POLICY: Final = Path(__file__).with_name("policy.yaml")
OFFICE: Final = "20.103.85.0/24"
_TIB: Final = 1024**4


@dataclass(frozen=True)
class Stage:
    """What a story needs. `contoso` is open, `fabrikam` has a firewall, `woodgrove` has been growing."""

    azure: LocalAzure
    contoso: Registry
    fabrikam: Registry
    woodgrove: Registry
    bot: Installation
    client: Client
    pipeline: Pipeline

    def latest_incident(self, registry: Registry) -> str:
        """The incident of a registry that was moved last."""
        return max(self.bot.app.incidents.of(registry.name), key=lambda one: one.moved_at).id


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything, started; and nothing of it afterwards."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="push-medic-")))
        azure = held.enter_context(LocalAzure())
        contoso = azure.add_registry("contoso")
        fabrikam = azure.add_registry("fabrikam", default_action="Deny", ip_rules=[OFFICE])
        woodgrove = azure.add_registry("woodgrove", maximum_storage_capacity=40 * _TIB)
        bot = held.enter_context(installed(azure, POLICY))
        workshop = Workshop(folder, azure.environment())
        for registry in azure.registries.values():
            workshop.log_in(registry.login_server, *registry.login())
        client = Skopeo(workshop) if is_there("skopeo") else Oras(workshop)
        pipeline = Pipeline(azure, held.enter_context(bot.host.serve()))
        yield Stage(azure, contoso, fabrikam, woodgrove, bot, client, pipeline)
