"""A job's push step, written with the oras client of PyPI: what it prints is what that client says.

For a refusal by the registry's firewall the client says nothing, and asks again for two minutes. So this step
listens to the answers, as the client's session lets anybody do, and stops at the first 403.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import oras.auth
import oras.client
import requests

_FORBIDDEN: Final = 403


def main() -> int:
    """Push one file; the exit status is 1 if the client could not."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--login", type=Path, required=True, help="a Docker configuration file")
    options.add_argument("reference")
    options.add_argument("file", type=Path)
    asked = options.parse_args()
    # Its token backend asks for the right to pull, and then shows that token to push, too.
    client = oras.client.OrasClient(auth_backend="basic")
    client.session.hooks["response"].append(_stopped_at_the_firewall)
    try:
        client.push(
            target=asked.reference,
            files=[str(asked.file)],
            config_path=str(asked.login),
            disable_path_validation=True,
        )
    except (ValueError, oras.auth.AuthenticationException, requests.RequestException) as refused:
        print(f"{type(refused).__name__}: {refused}")
        return 1
    print(f"pushed {asked.reference}")
    return 0


def _stopped_at_the_firewall(answer: requests.Response, *_: Any, **__: Any) -> None:  # noqa: ANN401
    if answer.status_code == _FORBIDDEN:
        said = f"{answer.request.method} {answer.url}: {answer.status_code} {answer.reason}"
        raise oras.auth.AuthenticationException(f"{said} {answer.text.strip()}".strip())


if __name__ == "__main__":
    sys.exit(main())
