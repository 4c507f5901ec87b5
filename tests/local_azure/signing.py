"""The keys of an issuer of jobs' tokens, as GitHub Actions has one, and the tokens that it gives."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

LIFETIME = 300


class SigningKey:
    """One key pair, and the name that its issuer gave it. A key is made when it is first used."""

    def __init__(self, algorithm: str = "RS256", name: str | None = None) -> None:
        self.algorithm = algorithm
        self.name = name or uuid4().hex

    @cached_property
    def private(self) -> RSAPrivateKey | EllipticCurvePrivateKey:
        """Give the half that signs."""
        return generate_ec_key(SECP256R1()) if self.algorithm == "ES256" else generate_rsa_key(65537, 2048)

    @property
    def published(self) -> dict[str, Any]:
        """Give the half that everybody may see, as a key set lists it."""
        return {**_published(self.private), "kid": self.name, "alg": self.algorithm, "use": "sig"}

    def sign(self, claims: Mapping[str, object], **headers: object) -> str:
        """Give a token with these claims and this key's signature."""
        return jwt.encode(
            dict(claims), self.private, headers={"kid": self.name, "alg": self.algorithm, **headers}
        )


def _published(private: RSAPrivateKey | EllipticCurvePrivateKey) -> dict[str, Any]:
    """Give the numbers of the public half, and what kind of key it is."""
    if isinstance(private, RSAPrivateKey):
        key = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        key = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {name: value for name, value in key.items() if name in {"kty", "n", "e", "crv", "x", "y"}}


class Issuer:
    """Signs with its newest key, and publishes those that it has not withdrawn."""

    def __init__(self) -> None:
        self.keys = [SigningKey()]

    @property
    def key(self) -> SigningKey:
        """Give the key that signs now."""
        return self.keys[-1]

    def rotate(self, algorithm: str = "RS256", *, withdraw: bool = False) -> SigningKey:
        """Sign with a new key from now on; with `withdraw` the earlier ones are not published any more."""
        self.keys = [*([] if withdraw else self.keys), SigningKey(algorithm)]
        return self.key


def job_claims(
    issuer: str, now: datetime, repository: str, audience: str, **claims: object
) -> dict[str, Any]:
    """Give what GitHub's token says of a job of that repository; `claims` say otherwise, and None leaves one out.

    https://docs.github.com/actions/reference/security/oidc
    """
    moment = int(now.timestamp())
    owner = repository.partition("/")[0]
    workflow = f"{repository}/.github/workflows/push.yml@refs/heads/main"
    said = {
        "jti": str(uuid4()),
        "sub": f"repo:{repository}:ref:refs/heads/main",
        "aud": audience,
        "ref": "refs/heads/main",
        "sha": "c291ea713801eb300054d353d279e7b02331f671",
        "repository": repository,
        "repository_owner": owner,
        "run_id": "5",
        "actor": "octocat",
        "workflow": "push",
        "event_name": "push",
        "ref_type": "branch",
        "job_workflow_ref": workflow,
        "iss": issuer,
        "nbf": moment - 5,
        "iat": moment,
        "exp": moment + LIFETIME,
        **claims,
    }
    return {name: value for name, value in said.items() if value is not None}
