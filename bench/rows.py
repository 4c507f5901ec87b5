"""Bodies as Azure Monitor puts them on Event Hubs: the rows of a registry in which one push in many fails.

Their shape is that of tests/fixtures/acr/02: upper-case resource ids, a constant `resultType`, "<nil>" for no value.
"""

import hashlib
import json
from itertools import batched
from typing import Any, Final

RESOURCE_ID: Final = (
    "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg1"
    "/providers/Microsoft.ContainerRegistry/registries/contoso"
)
# About 200 KiB: Event Hubs takes messages of 256 KiB in its smallest tier.
RECORDS_IN_A_BODY: Final = 200
_MISSING: Final = "<nil>"
_DOCKER: Final = (
    "docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0 os/linux arch/amd64 "
    "UpstreamClient(Docker-Client/27.3.1 \\(linux\\))"
)


def bodies(records: int, *, failing: int) -> list[bytes]:
    """The bodies of so many records; of every hundred, `failing` are pushes that were answered with 405."""
    rows = (_row(number, failed=number % 100 >= 100 - failing) for number in range(records))
    return [
        json.dumps({"records": body}, separators=(",", ":")).encode()
        for body in batched(rows, RECORDS_IN_A_BODY, strict=False)
    ]


def _row(number: int, *, failed: bool) -> dict[str, Any]:
    """Pushes, pulls and logins in turn; every repository and tag is another one."""
    operation = "Push" if failed else ("Push", "Pull", "Login")[number % 3]
    seconds, part = divmod(number, 100)
    return {
        "time": f"2026-03-01T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{part:02}00000Z",
        "category": f"ContainerRegistry{'Login' if operation == 'Login' else 'Repository'}Events",
        "resourceId": RESOURCE_ID.upper(),
        "operationName": operation,
        "identity": f"00000000-0000-0000-0000-{number % 500:012}",
        "location": "westeurope",
        "resultType": "HttpStatusCode",
        "resultDescription": "405" if failed else {"Push": "201"}.get(operation, "200"),
        "durationMs": f"{number % 97}.212784",
        "callerIpAddress": f"203.0.113.{number % 250}",
        "correlationId": f"00000000-0000-0000-0000-{number:012}",
        "properties": _login() if operation == "Login" else _image(number, failed=failed),
        "RegionStamp": "weu-3",
    }


def _login() -> dict[str, str]:
    return {
        "tenantId": "00000000-0000-0000-0000-000000000011",
        "loginServer": "contoso.azurecr.io",
        "userAgent": _DOCKER,
        "jwtId": _MISSING,
    }


def _image(number: int, *, failed: bool) -> dict[str, str]:
    digest = f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}"
    known = {
        "digest": digest,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "size": str(3000 + number % 5000),
    }
    unknown = {"digest": _MISSING, "mediaType": _MISSING}
    return {
        "tag": f"build-{number}",
        "repository": f"team-{number % 40}/service-{number}",
        "artifactType": "acr.docker",
        "tenantId": "00000000-0000-0000-0000-000000000011",
        "loginServer": "contoso.azurecr.io",
        "userAgent": _DOCKER,
        **(unknown if failed else known),
    }
