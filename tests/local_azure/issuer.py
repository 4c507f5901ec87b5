"""An issuer of jobs' tokens over HTTP: what it says about itself, its keys, and where a job asks for its token."""

from werkzeug import Response

from tests.local_azure.calls import Call, Route, json_answer
from tests.local_azure.signing import job_claims

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks"


def configuration(call: Call) -> Response:
    """Say who the issuer is and where its keys are."""
    return json_answer(
        {
            "issuer": call.https_origin,
            "jwks_uri": f"{call.https_origin}{KEYS}",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }
    )


def key_set(call: Call) -> Response:
    """Publish the keys."""
    return json_answer({"keys": [key.published for key in call.world.issuer.keys]})


def token_for_an_action(call: Call) -> Response:
    """Give a job of GitHub Actions its token, for the audience that it asks for."""
    return json_answer({"count": 2000, "value": _token(call, call.request.args["audience"])})


def token_for_a_pipeline(call: Call) -> Response:
    """Give a job of Azure Pipelines its token, whose audience it cannot choose."""
    assert call.request.args["api-version"] == "7.1"
    return json_answer({"oidcToken": _token(call, "api://AzureADTokenExchange")})


def _token(call: Call, audience: str) -> str:
    assert call.request.headers["Authorization"].casefold() == f"bearer {call.world.request_token}".casefold()
    claims = job_claims(call.https_origin, call.world.now(), "contoso/app", audience)
    return call.world.issuer.key.sign(claims)


ROUTES = (
    Route("GET", CONFIGURATION, configuration),
    Route("GET", KEYS, key_set),
    Route("GET", "/actions/token", token_for_an_action),
    Route("POST", "/pipelines/oidctoken", token_for_a_pipeline),
)
