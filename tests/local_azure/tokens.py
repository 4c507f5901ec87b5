"""Tokens shaped like Entra's and the registry's own: three dotted parts, readable claims, a signature of ours."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

TENANT = "11111111-1111-1111-1111-111111111111"
SYSTEM_ASSIGNED = "5e1f0000-0000-4000-8000-000000000001"

ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
REGISTRY_AUDIENCE = "https://containerregistry.azure.net"
LOGS_AUDIENCE = "https://api.loganalytics.io"
EVENT_GRID_AUDIENCE = "https://eventgrid.azure.net"
COMMUNICATION_AUDIENCE = "https://communication.azure.com"
DEVOPS_AUDIENCE = "499b84ac-1321-427f-aa17-267ca6975798"


@dataclass(frozen=True)
class Caller:
    """Who made a call: the application (or person) that a token or a password stands for."""

    client_id: str
    claims: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def object_id(self) -> str:
        """Give the object id of the caller's principal."""
        return str(self.claims.get("oid") or object_id(self.client_id))

    @property
    def name(self) -> str:
        """Give what log rows carry in `identity`: a person's address, else the application's id."""
        return str(self.claims.get("upn") or self.client_id)


class BadTokenError(Exception):
    """The text is no token of ours."""


class Mint:
    """Makes tokens and knows its own again."""

    def __init__(self) -> None:
        self._secret = uuid4().bytes

    def token(self, issued: datetime, lifetime: timedelta, **claims: object) -> str:
        """Give a token with these claims that is good from `issued` for `lifetime`."""
        start = int(issued.timestamp())
        body = {
            "iat": start,
            "nbf": start,
            "exp": start + int(lifetime.total_seconds()),
            "jti": str(uuid4()),
            **claims,
        }
        signed = _encoded({"alg": "HS256", "typ": "JWT"}) + "." + _encoded(body)
        return signed + "." + self._signature(signed)

    def claims(self, token: str) -> dict[str, Any]:
        """Give what a token of ours says, whether or not it is still good."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise BadTokenError
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def entra(self, issued: datetime, client_id: str, audience: str, **claims: object) -> str:
        """Give an access token of Entra for that application and audience, good for a day."""
        stated = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "appid": client_id,
            "oid": object_id(client_id),
            "sub": object_id(client_id),
            "tid": TENANT,
            "ver": "1.0",
            **claims,
        }
        return self.token(issued, timedelta(days=1), **stated)

    def _signature(self, signed: str) -> str:
        return _text(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())


def object_id(client_id: str) -> str:
    """Give the object id of the principal behind a client id; the same one every time."""
    return str(uuid5(NAMESPACE_URL, f"principal/{client_id}"))


def expired(claims: dict[str, Any], now: datetime) -> bool:
    """Tell whether a token with these claims is past its time."""
    return int(claims["exp"]) <= now.timestamp()


def _encoded(part: dict[str, Any]) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
