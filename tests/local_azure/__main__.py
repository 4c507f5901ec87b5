"""Serve the local Azure by hand: `python -m tests.local_azure --registry contoso`, then follow what it prints."""

import argparse
import threading

from tests.local_azure.server import LocalAzure


def main() -> None:
    """Serve until interrupted, having printed what a shell needs to take this for Azure."""
    options = argparse.ArgumentParser(prog="python -m tests.local_azure", description=__doc__)
    options.add_argument(
        "--registry", action="append", default=[], help="a registry to have (may be repeated)"
    )
    options.add_argument("--https-port", type=int, default=0)
    options.add_argument("--http-port", type=int, default=0)
    options.add_argument(
        "--real-names", action="store_true", help="answer to the names that Azure has in the world"
    )
    chosen = options.parse_args()
    with LocalAzure(
        https_port=chosen.https_port, http_port=chosen.http_port, real_names=chosen.real_names
    ) as azure:
        for name, value in azure.environment().items():
            print(f"export {name}={value}")
        print(f"# Resource Manager {azure.arm_url}\n# Entra ID         {azure.authority_url}")
        print(f"# Log Analytics    {azure.logs_url} (workspace {azure.workspace_id})")
        for name in chosen.registry or ["contoso"]:
            registry = azure.add_registry(name, admin_user=True)
            print(
                f"# {name}: {registry.login_server}, user {registry.name}, password {registry.admin_password}"
            )
        if chosen.real_names:
            print("# for /etc/hosts:\n" + azure.hosts(), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("# stopped")


if __name__ == "__main__":
    main()
