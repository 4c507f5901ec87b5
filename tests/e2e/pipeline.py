"""A job in a pipeline: it pushes, and reports to the bot what its client printed when that failed."""

from typing import Any

import requests

from checks.intake.error_text import explain
from tests.local_azure import LocalAzure, Registry

_KEY = "a-function-key"


class Pipeline:
    """A job that runs at the local Azure's `client_address`."""

    def __init__(self, azure: LocalAzure, function_app: str) -> None:
        self._azure = azure
        self._function_app = function_app

    def reports(self, registry: Registry, image: str, text: str) -> tuple[int, dict[str, Any]]:
        """What the bot answers to the report of a failed push.

        App Service appends the address of whoever calls to X-Forwarded-For; here that is written down.
        """
        answer = requests.post(
            f"{self._function_app}/api/push-reports",
            json={"text": text, "registry": registry.login_server, "image": image},
            headers={"x-functions-key": _KEY, "X-Forwarded-For": f"{self._azure.client_address}:51234"},
            timeout=60,
        )
        return answer.status_code, answer.json()

    def with_what_the_client_lost(self, registry: Registry, text: str) -> str:
        """The text, and the registry's own words where the client swallowed them and left a bare status.

        A job gets them with `curl https://LOGIN-SERVER/v2/`.
        """
        if "403" not in text or explain(text).client_ip:
            return text
        said = requests.get(f"{registry.endpoint}/v2/", timeout=30).text.strip()
        return f"{text}\n$ curl {registry.endpoint}/v2/\n{said}"
