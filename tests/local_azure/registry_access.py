"""Who may talk to a registry's data plane: firewall, throttling, tokens and their scopes.

The error bodies are the recorded ones, byte for byte; each ends with a newline.
"""

import base64
import binascii
import json
from typing import Any

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.diagnostics import login_row
from tests.local_azure.tokens import ARM_AUDIENCES, REGISTRY_AUDIENCE, Caller
from tests.local_azure.world import DOCKER_TOKEN_USER, Registry, ScopedPassword

AUTHENTICATE = "authentication required, visit https://aka.ms/acr/authorization for more information."
DISALLOWED = (
    "The operation is disallowed on this registry, repository or image. View troubleshooting steps at "
    "https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation"
)
ALL_PERMISSIONS = ("pull", "push", "delete", "metadata_read", "metadata_write")


def registry_error(status: int, code: str, message: str, detail: object = None, **headers: str) -> Response:
    """Answer with the registry's kind of error."""
    document = {"errors": [{"code": code, "message": message, "detail": {} if detail is None else detail}]}
    return json_answer(
        document, status, {name.replace("_", "-"): text for name, text in headers.items()}, "\n"
    )


def disallowed() -> Response:
    """Answer as for a lock, a full registry or quarantine: the text never says which (263 bytes, as recorded)."""
    return registry_error(405, "REGISTRY_DISALLOWED_OPERATION", DISALLOWED)


def denied(address: str, *, nested: bool) -> Response:
    """Answer as the firewall does; some clients were seen to be sent the whole document as its own message."""
    text = (
        f"client with IP \\u0027{address}\\u0027 is not allowed access. "
        "Refer https://aka.ms/acr/firewall to grant access."
    )
    document = f'{{"errors":[{{"code":"DENIED","message":"{text}"}}]}}'
    if nested:
        document = json.dumps({"errors": [{"code": "DENIED", "message": document}]}, separators=(",", ":"))
    return Response(document + "\n", 403, content_type="application/json; charset=utf-8")


def let_in(call: Call) -> None:
    """Refuse whom the firewall keeps out, then whoever comes too often."""
    registry = call.registry
    if not registry.admits(call.address):
        if call.world.log_firewall_denials:
            login_row(call, 403)
        raise RefusedError(denied(call.address, nested=call.world.firewall_body_nested))
    if registry.throttled > 0:
        registry.throttled -= 1
        message = "Too many requests. Please visit https://aka.ms/acr/skus#service-tier-features-and-limits"
        raise RefusedError(
            registry_error(429, "TOOMANYREQUESTS", message, Retry_After=str(registry.retry_after))
        )


def authorise(call: Call, *permissions: str) -> None:
    """Refuse whoever shows no token for doing that to the repository, with the challenge that tells how to get one.

    Without permissions it is the catalogue that is wanted.
    """
    registry = call.registry
    kind = "repository" if permissions else "registry"
    wanted = call.arguments["repository"] if permissions else "catalog"
    actions = list(permissions) or ["*"]
    shown = call.bearer
    claims = call.claims(shown) if shown else None
    if claims is not None and claims.get("grant_type") == "access_token":
        call.caller = None if claims.get("anonymous") else caller_of(claims)
        granted = {
            action
            for access in claims["access"]
            if access["type"] == kind and access["name"] == wanted
            for action in access["actions"]
        }
        if claims["aud"] == registry.login_server and (granted >= set(actions) or "*" in granted):
            return
        raise RefusedError(_challenge(registry, kind, wanted, actions, insufficient=True))
    basic = _basic(call)
    needed = ["catalog"] if kind == "registry" else actions
    if basic is not None and _permitted(call, basic, wanted, needed) == needed:
        return
    raise RefusedError(_challenge(registry, kind, wanted, actions, insufficient=basic is not None))


def ping(call: Call) -> Response:
    """Answer `GET /v2/`: a challenge to strangers, an empty document to friends."""
    claims = call.claims(call.bearer) if call.bearer else None
    if claims and claims["aud"] == call.registry.login_server and not claims.get("anonymous"):
        call.caller = caller_of(claims)
    if call.caller or _basic(call) is not None:
        return json_answer({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})
    answer = registry_error(401, "UNAUTHORIZED", AUTHENTICATE)
    answer.headers["WWW-Authenticate"] = _bearer(call.registry)
    return answer


def exchange(call: Call) -> Response:
    """Give a refresh token of the registry for an Entra token."""
    form = call.request.form
    claims = call.claims(form.get("access_token", ""))
    if claims is None or form.get("grant_type") not in {"access_token", "access_token_refresh_token"}:
        return _unauthorised("token validation failed")
    call.caller = caller_of(claims)
    audience = str(claims.get("aud", "")).rstrip("/")
    accepted = {REGISTRY_AUDIENCE, *(ARM_AUDIENCES if call.registry.arm_tokens_accepted else ())}
    if call.registry.arm_tokens_accepted:
        accepted.add(call.https_origin)
    if audience not in accepted:
        return _unauthorised("token validation failed")
    return _token_answer({"refresh_token": call.registry.refresh_token(call.caller)})


def token(call: Call) -> Response:
    """Give an access token that holds whatever of the wanted scopes its bearer may have, even if that is nothing."""
    fields = call.request.form if call.request.method == "POST" else call.request.args
    scopes = [scope for text in fields.getlist("scope") for scope in text.split()]
    credential = _token_credential(call)
    if credential is None and not call.registry.anonymous_pull:
        return _unauthorised(AUTHENTICATE)
    access = [entry for entry in (_access(call, credential, scope) for scope in scopes) if entry]
    claims = {
        "aud": call.registry.login_server,
        "iss": "Azure Container Registry",
        "sub": call.caller.object_id if call.caller else "",
        "appid": call.caller.client_id if call.caller else "",
        "access": access,
        "grant_type": "access_token",
        **({"upn": call.caller.claims["upn"]} if call.caller and "upn" in call.caller.claims else {}),
        **({} if call.caller else {"anonymous": True}),
    }
    return _token_answer(
        {"access_token": call.world.mint.token(call.world.now(), call.world.access_token_lifetime, **claims)}
    )


def login_recorded(call: Call, answer: Response) -> None:
    """Write the login record of a token request that got as far as the registry."""
    if answer.status_code == 403:
        return
    jwt_id = None
    if answer.status_code == 200:
        document = json.loads(answer.get_data())
        jwt_id = call.world.mint.claims(document.get("access_token") or document["refresh_token"])["jti"]
    login_row(call, answer.status_code, jwt_id)


def exchange_recorded(call: Call, answer: Response) -> None:
    """Write the login record of a failed exchange; a good one is recorded with the token that follows it."""
    if answer.status_code != 200:
        login_recorded(call, answer)


Credential = Caller | ScopedPassword


def _token_credential(call: Call) -> Credential | None:
    form = call.request.form
    if call.request.method == "POST" and form.get("grant_type") == "refresh_token":
        return _by_refresh_token(call, form.get("refresh_token", ""))
    if call.request.method == "POST" and form.get("username"):
        return _by_password(call, form["username"], form.get("password", ""))
    if call.request.headers.get("Authorization", "").lower().startswith("basic "):
        credential = _basic(call)
        if credential is None:
            raise RefusedError(_unauthorised(AUTHENTICATE))
        return credential
    return None


def _basic(call: Call) -> Credential | None:
    scheme, _, text = call.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    try:
        return _by_password(call, user, password)
    except RefusedError:
        return None


def _by_password(call: Call, user: str, password: str) -> Credential:
    if user == DOCKER_TOKEN_USER:
        return _by_refresh_token(call, password)
    registry = call.registry
    call.caller = Caller(user)
    known = registry.scoped_passwords.get(user)
    if registry.admin_user and user == registry.name:
        known = ScopedPassword(registry.admin_password)
    if known is None or known.password != password:
        raise RefusedError(_unauthorised(AUTHENTICATE))
    return known


def _by_refresh_token(call: Call, text: str) -> Caller:
    claims = call.claims(text)
    if (
        claims is None
        or claims.get("grant_type") != "refresh_token"
        or claims["aud"] != call.registry.login_server
    ):
        raise RefusedError(_unauthorised(AUTHENTICATE))
    call.caller = caller_of(claims)
    return call.caller


def _access(call: Call, credential: Credential | None, scope: str) -> dict[str, Any] | None:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    wanted = [action for action in actions.split(",") if action]
    if kind == "registry":
        held = _permitted(call, credential, "catalog", ["catalog"])
        return {"type": kind, "name": name, "actions": wanted if held else []} if credential else None
    if "*" in wanted:
        wanted = list(ALL_PERMISSIONS)
    return {"type": kind, "name": name, "actions": _permitted(call, credential, name, wanted)}


def _permitted(call: Call, credential: Credential | None, repository: str, actions: list[str]) -> list[str]:
    if credential is None:
        return [action for action in actions if action == "pull"]
    if isinstance(credential, ScopedPassword):
        return [action for action in actions if credential.permits(repository, action)]
    registry = call.registry
    known = [action for action in actions if action in {*ALL_PERMISSIONS, "catalog"}]
    return [action for action in known if call.world.allows(credential, registry.azure_action(action))]


def _challenge(
    registry: Registry, kind: str, name: str, actions: list[str], *, insufficient: bool
) -> Response:
    detail = [{"Type": kind, "Name": name, "Action": action} for action in actions]
    answer = registry_error(401, "UNAUTHORIZED", AUTHENTICATE, detail)
    challenge = f'{_bearer(registry)},scope="{kind}:{name}:{",".join(actions)}"'
    answer.headers["WWW-Authenticate"] = challenge + (',error="insufficient_scope"' if insufficient else "")
    return answer


def _bearer(registry: Registry) -> str:
    return f'Bearer realm="{registry.endpoint}/oauth2/token",service="{registry.login_server}"'


def _unauthorised(message: str) -> Response:
    return registry_error(401, "UNAUTHORIZED", message)


def _token_answer(document: dict[str, str]) -> Response:
    return json_answer(document, headers={"x-ms-ratelimit-remaining-calls-per-second": "166.25"})


ROUTES = (
    Route("GET", "/v2/", ping),
    Route("POST", "/oauth2/exchange", exchange, afterwards=exchange_recorded),
    Route("POST", "/oauth2/token", token, afterwards=login_recorded),
    Route("GET", "/oauth2/token", token, afterwards=login_recorded),
)
