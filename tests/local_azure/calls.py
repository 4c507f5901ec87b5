"""What a service is given of one HTTP call, how it answers, and how it says which calls it takes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from tests.local_azure.tokens import BadTokenError, Caller, expired
from tests.local_azure.world import Registry, World


@dataclass
class Call:
    """One call on its way through the local Azure."""

    world: World
    request: Request
    https_origin: str
    arguments: dict[str, str] = field(default_factory=dict)
    registry_or_none: Registry | None = None
    permission: str | None = None
    action: str | None = None
    caller: Caller | None = None
    started: float = field(default_factory=time.perf_counter)
    correlation_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def registry(self) -> Registry:
        """Give the registry that was called."""
        assert self.registry_or_none is not None, "the call was not made to a registry"
        return self.registry_or_none

    @property
    def address(self) -> str:
        """Give the address that the call appears to come from."""
        return self.world.address_of(self.request)

    @property
    def user_agent(self) -> str:
        """Give what the client calls itself."""
        return self.request.headers.get("User-Agent", "")

    @property
    def duration_ms(self) -> float:
        """Give how long the call has taken so far."""
        return (time.perf_counter() - self.started) * 1000

    @property
    def bearer(self) -> str | None:
        """Give the bearer token that came along."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def body(self) -> object:
        """Give the JSON body, or nothing if it is none."""
        try:
            return json.loads(self.request.get_data())
        except ValueError:
            return None

    def claims(self, token: str) -> dict[str, Any] | None:
        """Give the claims of a token that is ours and still good."""
        try:
            claims = self.world.mint.claims(token)
        except BadTokenError:
            return None
        return None if expired(claims, self.world.now()) else claims


class RefusedError(Exception):
    """The call ends here, with this answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Route:
    """One kind of call that a service takes."""

    method: str
    path: str
    handle: Callable[[Call], Response]
    permission: str | None = None
    afterwards: Callable[[Call, Response], None] | None = None
    concurrent: bool = False


def json_answer(
    document: object, code: int = 200, headers: dict[str, str] | None = None, ending: str = ""
) -> Response:
    """Answer with compact JSON."""
    body = json.dumps(document, separators=(",", ":")) + ending
    return Response(body, code, headers, content_type="application/json; charset=utf-8")


def caller_of(claims: dict[str, Any]) -> Caller:
    """Give whom a token stands for."""
    return Caller(str(claims.get("appid") or claims.get("sub")), claims)
