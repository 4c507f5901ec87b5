"""The stories with unmodified push clients on Azure's real names, in a private corner of this machine.

It needs root on Linux, and of Debian's packages docker.io, containerd, runc and skopeo; buildah, crane and oras
join in where they are installed. Where it cannot run it says so, and that is no failure.
"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.e2e import archive, azure_cli
from tests.e2e.bot import installed
from tests.e2e.clients import Client, Ctr, Docker, Workshop, engineless, is_there
from tests.e2e.engine import EngineFailed, engine
from tests.e2e.namespace import Unavailable, enter
from tests.e2e.pipeline import Pipeline
from tests.e2e.stories import OFFICE, POLICY, Stories
from tests.e2e.tally import Tally
from tests.local_azure import LocalAzure

_ENGINE = ("dockerd", "docker", "containerd", "runc")
TIB = 1024**4


def main() -> int:
    """Run it; the exit status is 1 if anything failed."""
    options = argparse.ArgumentParser(prog="python -m tests.e2e", description=__doc__)
    options.add_argument(
        "--az", action="store_true", help="judge the local Azure by azure-cli, which is installed for that"
    )
    options.add_argument(
        "--newest",
        action="store_true",
        help="crane and oras join in, as Debian's unstable distribution has them",
    )
    asked = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    tally = Tally()
    try:
        with ExitStack() as held:
            _run(tally, held, asked)
    except (Unavailable, archive.NotFetched, azure_cli.NotInstalled) as why:
        tally.skip("everything", str(why))
    except KeyboardInterrupt:
        print("Stopped; nothing is left running.")
        return 130
    print(tally)
    return 1 if tally.failed else 0


def _run(tally: Tally, held: ExitStack, asked: argparse.Namespace) -> None:
    temporary = tempfile.TemporaryDirectory(prefix="push-medic-", ignore_cleanup_errors=True)
    folder = Path(held.enter_context(temporary))
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    # Before the namespace, from which no archive can be reached.
    az = azure_cli.installed() if asked.az else None
    if asked.newest:
        archive.put_first(archive.fetched(folder / "archive"))
    enter(hosts)
    azure = held.enter_context(LocalAzure(real_names=True, https_port=443))
    contoso = azure.add_registry("contoso")
    fabrikam = azure.add_registry("fabrikam", default_action="Deny", ip_rules=[OFFICE])
    woodgrove = azure.add_registry("woodgrove", maximum_storage_capacity=40 * TIB)
    hosts.write_text(azure.hosts())
    if az is not None:
        azure_cli.judge(az, azure, contoso, folder, tally)
    else:
        _play(Stories(azure, (contoso, fabrikam, woodgrove), tally), azure, folder, held)


def _play(stories: Stories, azure: LocalAzure, folder: Path, held: ExitStack) -> None:
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    stories.bot = held.enter_context(installed(azure, policy))
    stories.pipeline = Pipeline(azure, held.enter_context(stories.bot.host.serve()))
    workshop = Workshop(folder, azure.environment())
    for registry in azure.registries.values():
        workshop.log_in(registry.login_server, *registry.login())
    clients = [*_with_engine(workshop, stories.tally, held), *engineless(workshop)]
    print("· clients: " + ", ".join(f"{client.name} {client.version}" for client in clients), flush=True)
    for client in clients:
        with stories.tally.check(f"{client.name}: blocked address"):
            stories.blocked(client)
        with stories.tally.check(f"{client.name}: blocked address, through medic-push"):
            stories.wrapped(client)
    stories.a_colleague_adds_a_rule()
    for client in clients:
        stories.of(client)
    stories.one_ticket()
    stories.the_time_is_up()


def _with_engine(workshop: Workshop, tally: Tally, held: ExitStack) -> list[Client]:
    missing = [command for command in _ENGINE if not is_there(command)]
    if missing:
        tally.skip("docker and ctr", f"this machine has no {', '.join(missing)}")
        return []
    try:
        running = held.enter_context(engine(workshop.folder, workshop.environment))
    except EngineFailed as why:
        tally.fail("docker: the engine", str(why))
        return []
    clients: list[Client] = [Docker(workshop, running.docker)]
    if is_there("ctr"):
        clients.append(Ctr(workshop, running.containerd))
    return clients


if __name__ == "__main__":
    sys.exit(main())
