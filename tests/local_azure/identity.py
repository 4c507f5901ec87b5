"""Entra ID: the managed identity endpoint of App Service, and the token endpoint of applications."""

from werkzeug import Response

from tests.local_azure.calls import Call, Route, json_answer
from tests.local_azure.tokens import TENANT, Caller


def managed_identity_token(call: Call) -> Response:
    """Give a token as App Service's endpoint does, to whoever knows the secret header."""
    query = call.request.args
    if call.request.headers.get("X-IDENTITY-HEADER") != call.world.identity_header:
        return json_answer({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."}, 401)
    client_id = query.get("client_id") or call.world.system_assigned
    if call.world.identities is not None and client_id not in call.world.identities:
        return json_answer(
            {"statusCode": 400, "message": "No managed identity was found for that client id."}, 400
        )
    call.caller = Caller(client_id)
    audience = query["resource"]
    token = call.world.token(client_id, audience)
    return json_answer(
        {
            "access_token": token,
            "expires_on": str(call.world.mint.claims(token)["exp"]),
            "resource": audience,
            "token_type": "Bearer",
            "client_id": client_id,
        }
    )


def application_token(call: Call) -> Response:
    """Give a token to an application that names itself; the secret counts only where the world knows one."""
    form = call.request.form
    client_id = form.get("client_id", "")
    known = call.world.secrets.get(client_id)
    if not client_id or (known is not None and form.get("client_secret") != known):
        message = "AADSTS7000215: Invalid client secret provided."
        return json_answer(
            {"error": "invalid_client", "error_description": message, "error_codes": [7000215]}, 401
        )
    call.caller = Caller(client_id)
    audience = next((scope for scope in form.get("scope", "").split() if scope.endswith("/.default")), "")
    token = call.world.token(client_id, audience.removesuffix("/.default"), tid=call.arguments["tenant"])
    return json_answer(
        {"token_type": "Bearer", "expires_in": 86399, "ext_expires_in": 86399, "access_token": token}
    )


def openid_configuration(call: Call) -> Response:
    """Say where the tenant's endpoints are."""
    base = f"{call.https_origin}/{call.arguments['tenant']}"
    return json_answer(
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "issuer": f"{base}/v2.0",
            "jwks_uri": f"{call.https_origin}/{TENANT}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
    )


def instance_discovery(call: Call) -> Response:
    """Vouch for this very authority, as MSAL asks."""
    host = call.https_origin.removeprefix("https://")
    return json_answer(
        {
            "tenant_discovery_endpoint": f"{call.https_origin}/{TENANT}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


ROUTES = (
    Route("GET", "/msi/token", managed_identity_token),
    Route("GET", "/<tenant>/v2.0/.well-known/openid-configuration", openid_configuration),
    Route("POST", "/<tenant>/oauth2/v2.0/token", application_token),
    Route("GET", "/common/discovery/instance", instance_discovery),
)
