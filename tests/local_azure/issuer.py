"""An issuer of jobs' tokens over HTTP: what it says about itself, and its keys."""

from werkzeug import Response

from tests.local_azure.calls import Call, Route, json_answer

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


ROUTES = (Route("GET", CONFIGURATION, configuration), Route("GET", KEYS, key_set))
