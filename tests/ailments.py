"""A registry that is ill in one way each, by the code with which `az acr check-health` ends there."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

import trustme

from tests.local_azure import LocalAzure, Registry, cut_before, status
from tests.loopback import serving

type Ailment = Callable[[LocalAzure, Registry], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def _without_a_name(_: LocalAzure, registry: Registry) -> Iterator[None]:
    usual, registry.login_server = registry.login_server, "contoso.invalid"
    yield
    registry.login_server = usual


@contextlib.contextmanager
def _with_a_strangers_certificate(_: LocalAzure, registry: Registry) -> Iterator[None]:
    with serving(trustme.CA(organization_name="Contoso Proxy"), "127.0.0.1") as place:
        usual, registry.login_server = registry.login_server, place
        yield
        registry.login_server = usual


@contextlib.contextmanager
def _closed(_: LocalAzure, registry: Registry) -> Iterator[None]:
    registry.default_action = "Deny"
    yield
    registry.default_action = "Allow"


@contextlib.contextmanager
def _without_a_right(azure: LocalAzure, _: Registry) -> Iterator[None]:
    held = {"Microsoft.ContainerRegistry/registries/read", "Microsoft.ContainerRegistry/registries/pull/read"}
    azure.rights |= {identity: held | {"*/listUsages/read", "*/metadata/read"} for identity in _IDENTITIES}
    yield
    azure.rights.clear()


@contextlib.contextmanager
def _with_a_key_of_nobodys(_: LocalAzure, registry: Registry) -> Iterator[None]:
    registry.unknown_properties["encryption"] = {
        "status": "enabled",
        "keyVaultProperties": {"identity": "44444444-4444-4444-4444-000000000001"},
    }
    yield
    del registry.unknown_properties["encryption"]


def _answering(path: str, code: int, **headers: str) -> Ailment:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    @contextlib.contextmanager
    def ailment(azure: LocalAzure, _: Registry) -> Iterator[None]:
        body = '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}'
        fault = azure.faults.add(path=path, effect=status(code, body, named), times=None)
        yield
        azure.faults.remove(fault)

    return ailment


def _breaking_off(path: str) -> Ailment:
    @contextlib.contextmanager
    def ailment(azure: LocalAzure, _: Registry) -> Iterator[None]:
        fault = azure.faults.add(path=path, effect=cut_before(), times=None)
        yield
        azure.faults.remove(fault)

    return ailment


# Whoever the tests, azure-cli and the bot are logged in as.
_IDENTITIES: Final = (
    "11111111-1111-1111-1111-00000000000a",
    "33333333-3333-3333-3333-333333333333",
)
AILMENTS: Final[tuple[tuple[str, Ailment], ...]] = (
    ("CONNECTIVITY_DNS_ERROR", _without_a_name),
    ("CONNECTIVITY_SSL_ERROR", _with_a_strangers_certificate),
    ("CONNECTIVITY_CHALLENGE_ERROR", _answering("^/v2/$", 503)),
    ("CONNECTIVITY_CHALLENGE_ERROR", _answering("^/v2/$", 401)),
    ("CONNECTIVITY_CHALLENGE_ERROR", _breaking_off("^/v2/$")),
    ("CONNECTIVITY_FORBIDDEN_ERROR", _closed),
    ("CONNECTIVITY_AAD_LOGIN_ERROR", _answering("^/v2/$", 401, WWW_Authenticate='Basic realm="contoso"')),
    ("CONNECTIVITY_AAD_LOGIN_ERROR", _answering("^/v2/$", 401, WWW_Authenticate="Bearer x=y")),
    (
        "CONNECTIVITY_WWW_AUTHENTICATE_ERROR",
        _answering(
            "^/v2/$",
            401,
            WWW_Authenticate='Bearer realm="https://evil.example/oauth2/token",service="contoso"',
        ),
    ),
    ("CONNECTIVITY_REFRESH_TOKEN_ERROR", _answering("^/oauth2/exchange$", 401)),
    ("CONNECTIVITY_TOOMANYREQUESTS_ERROR", _answering("^/oauth2/exchange$", 429, Retry_After="1")),
    ("CONNECTIVITY_ACCESS_TOKEN_ERROR", _answering("^/oauth2/token$", 401)),
    ("CONNECTIVITY_ACCESS_TOKEN_ERROR", _without_a_right),
    ("CMK_ERROR", _with_a_key_of_nobodys),
)
