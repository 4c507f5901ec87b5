"""A job's token and the policy in; who sent the report, or why the token does not count, out.

A token is what anybody wrote until a key of its issuer is shown to have signed it (`adapters/oidc.py`) and it has
not been used before (`witness.py`). Everything else is decided here, where nothing is read or written.
"""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from checks.model import Proof, Rejection, Signal, Source, Value
from remediations.plain import cut, one_line
from remediations.policy import (
    AzureDevOpsPipelines,
    EntraId,
    GitHubActions,
    GitLabCi,
    TrustedIssuer,
    is_any,
    is_for,
    span,
)

# GitHub's tokens have about 2,000 characters, Entra's at most a few times that.
LARGEST_TOKEN: Final = 16 * 1024
LEEWAY: Final = timedelta(seconds=60)
# Only algorithms whose verifying key cannot sign, so that a public key is never anybody's secret (RFC 8725 §3.1).
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
_JWS: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
_SHOWN: Final = 100


class Flaw(StrEnum):
    """Every reason for which a token does not count."""

    TOO_LARGE = "token_too_large"
    NOT_A_TOKEN = "token_malformed"  # noqa: S105 - the name of a reason
    UNSIGNED = "token_unsigned"
    ALGORITHM = "token_algorithm_refused"
    ISSUER_UNKNOWN = "token_issuer_unknown"
    ISSUER_INSECURE = "token_issuer_insecure"
    KEYS_UNREADABLE = "token_keys_unreadable"
    KEYS_REDIRECTED = "token_keys_redirected"
    KEYS_ELSEWHERE = "token_keys_elsewhere"
    KEY_UNKNOWN = "token_key_unknown"
    FORGED = "token_forged"
    AUDIENCE = "token_audience_wrong"
    EXPIRED = "token_expired"
    NOT_YET_VALID = "token_not_yet_valid"
    TOO_OLD = "token_too_old"
    JOB_NOT_ALLOWED = "token_job_not_allowed"
    REGISTRY_NOT_ALLOWED = "token_registry_not_allowed"
    REPLAYED = "token_replayed"


class Refused(Value, frozen=True, tag="refused"):
    """The token does not count."""

    flaw: Flaw
    because: str


class Proven(Value, frozen=True, tag="proven"):
    """The job that the token was given to. `token` is the same for the same token, and for no other."""

    job: str
    token: str
    issued_at: datetime
    issuer: TrustedIssuer


type Word = Proven | Refused


class Claims(Value, frozen=True, forbid_unknown_fields=False):
    """What tokens of the services that we know say, as far as it matters here.

    GitHub: https://docs.github.com/actions/reference/security/oidc
    GitLab: https://docs.gitlab.com/ci/secrets/id_token_authentication
    Azure DevOps (`rpo_id`, `rpo_ref`): https://github.com/sigstore/fulcio/issues/1803
    Entra ID: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """

    iss: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    nbf: float | None = None
    jti: str | None = None
    sub: str | None = None
    repository: str | None = None
    ref: str | None = None
    ref_type: str | None = None
    job_workflow_ref: str | None = None
    project_path: str | None = None
    rpo_id: str | None = None
    rpo_ref: str | None = None
    appid: str | None = None
    azp: str | None = None
    scp: str | None = None


class Token(Value, frozen=True):
    """A token taken apart. Nothing that it says counts for anything yet."""

    algorithm: str
    key_id: str
    claims: Claims
    signed: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """Names the token: by its issuer's own number for it if there is one, else by what was signed.

        The signature is left out: other texts of it can be good for the same token.
        """
        once = self.claims.jti or self.signed.decode()
        return hashlib.sha256(f"{self.claims.iss}\n{once}".encode("utf-8", "replace")).hexdigest()


class _Header(Value, frozen=True, forbid_unknown_fields=False):
    """A header's parameters. Any that says where a key is to be had (`jku`, `x5u`, `jwk`) is not even read."""

    alg: str
    kid: str = ""
    crit: msgspec.Raw | None = None


_header: Final = msgspec.json.Decoder(_Header)
_claims: Final = msgspec.json.Decoder(Claims)


def presented(authorization: str) -> Token | Refused:
    """The token in an Authorization header, taken apart; its size is looked at first."""
    if len(authorization) > LARGEST_TOKEN:
        return Refused(Flaw.TOO_LARGE, f"it has {len(authorization)} characters; {LARGEST_TOKEN} are taken")
    scheme, _, text = authorization.partition(" ")
    parts = _JWS.fullmatch(text.strip())
    if scheme.casefold() != "bearer" or parts is None:
        return Refused(Flaw.NOT_A_TOKEN, "the header is not `Bearer`, a space and a signed token")
    try:
        header = _header.decode(_bytes(parts[1]))
        claims = _claims.decode(_bytes(parts[2]))
        signature = _bytes(parts[3])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        return Refused(Flaw.NOT_A_TOKEN, f"it cannot be read: {_shown(str(broken))}")
    if header.crit is not None:
        return Refused(Flaw.NOT_A_TOKEN, "it asks for an extension that is not understood here")
    if header.alg.casefold() == "none":
        return Refused(Flaw.UNSIGNED, "its algorithm is `none`")
    if header.alg not in ALGORITHMS:
        return Refused(
            Flaw.ALGORITHM, f"its algorithm is {_shown(header.alg)!r}, which proves nothing with a public key"
        )
    return Token(
        algorithm=header.alg,
        key_id=header.kid,
        claims=claims,
        signed=f"{parts[1]}.{parts[2]}".encode(),
        signature=signature,
    )


def issuer_of(token: Token, trusted: tuple[TrustedIssuer, ...]) -> TrustedIssuer | Refused:
    """The one issuer of the policy that the token names, to the letter."""
    named = token.claims.iss
    found = next((issuer for issuer in trusted if issuer.issuer == named), None)
    if found:
        return found
    if named[:7].casefold() == "http://":
        return Refused(Flaw.ISSUER_INSECURE, f"{_shown(named)} is not https")
    return Refused(Flaw.ISSUER_UNKNOWN, f"the policy does not trust {_shown(named)}")


def judge(token: Token, issuer: TrustedIssuer, now: datetime) -> Word:
    """Whether a token with a good signature of that issuer shows a job that policy allows, here and now."""
    claims = token.claims
    if claims.aud not in (issuer.audience, (issuer.audience,)):
        return Refused(Flaw.AUDIENCE, f"it is for {_shown(str(claims.aud))}, not for {issuer.audience}")
    late = _untimely(claims, issuer, now)
    if late:
        return late
    if not _is_allowed(issuer, claims):
        return Refused(Flaw.JOB_NOT_ALLOWED, f"{_shown(_job(issuer, claims))} is not on the policy's list")
    issued_at = datetime.fromtimestamp(claims.iat, UTC)
    job = _shown(_job(issuer, claims))
    return Proven(job=job, token=token.digest, issued_at=issued_at, issuer=issuer)


def about(word: Word | None, registry: str) -> Word | None:
    """The word again, or its refusal where the job may not speak for that registry."""
    if isinstance(word, Proven) and not is_for(word.issuer, registry):
        return Refused(Flaw.REGISTRY_NOT_ALLOWED, f"{word.job} may not speak for the registry {registry}")
    return word


def backed(signal: Signal, word: Word | None) -> Signal:
    """The signal with what the report's token adds to it, or takes from it.

    A job that proved who it is stands behind the address that it reports from and behind no other. A token that
    does not count casts doubt on the whole report, which then only claims.
    """
    match word:
        case None:
            return signal
        case Refused(flaw=flaw, because=because):
            return replace(signal, proof=Proof.CLAIMED, sender=f"not shown ({flaw}): {because}")
        case Proven(job=job, token=token):
            same = signal.proof is Proof.SAME_ADDRESS
            # The same text without a good token is another report, and this one must not be lost behind it.
            return replace(
                signal,
                id=f"{signal.id}-{token[:12]}",
                proof=Proof.VERIFIED_JOB if same else signal.proof,
                sender=job,
            )


def rejection(refused: Refused, source: Source) -> Rejection:
    """How a refusal is counted: by its reason alone, with the words of the first as the example."""
    detail = "the token of a report did not count; the report was taken as a claim"
    return Rejection(source=source, reason=refused.flaw, detail=detail, excerpt=refused.because)


def _is_allowed(issuer: TrustedIssuer, claims: Claims) -> bool:
    """Whether the job is one of those that the policy names. What a token does not say, only `*` covers."""
    match issuer:
        case GitHubActions():
            return (
                is_any(issuer.repositories, claims.repository or "")
                and is_any(issuer.refs, claims.ref or "")
                and is_any(issuer.workflows, claims.job_workflow_ref or "")
            )
        case AzureDevOpsPipelines():
            return (
                is_any(issuer.pipelines, claims.sub or "")
                and is_any(issuer.repositories, claims.rpo_id or "")
                and is_any(issuer.refs, claims.rpo_ref or "")
            )
        case GitLabCi():
            ref = f"{claims.ref_type}:{claims.ref}"
            return is_any(issuer.projects, claims.project_path or "") and is_any(issuer.refs, ref)
        case EntraId():
            application = claims.appid or claims.azp
            # `scp` is there only where a person uses the application.
            person = claims.scp is not None
            return not person and (application in issuer.applications or claims.sub in issuer.subjects)


def _job(issuer: TrustedIssuer, claims: Claims) -> str:
    """The job in words."""
    match issuer:
        case GitHubActions():
            return f"repository {claims.repository} at {claims.ref}"
        case AzureDevOpsPipelines():
            return f"pipeline {claims.sub}"
        case GitLabCi():
            return f"project {claims.project_path} at {claims.ref_type} {claims.ref}"
        case EntraId():
            return f"application {claims.appid or claims.azp} as {claims.sub}"


def _untimely(claims: Claims, issuer: TrustedIssuer, now: datetime) -> Refused | None:
    """What is wrong with the token's times. They are compared as numbers: any number may stand there."""
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if claims.exp <= moment - leeway:
        return Refused(Flaw.EXPIRED, f"it expired {_ago(moment - claims.exp)} ago")
    begins = max(claims.iat, claims.nbf or claims.iat)
    if begins > moment + leeway:
        return Refused(Flaw.NOT_YET_VALID, f"it is valid only in {_ago(begins - moment)}")
    if moment - claims.iat > span(issuer.max_age).total_seconds() + leeway:
        return Refused(
            Flaw.TOO_OLD, f"it was issued {_ago(moment - claims.iat)} ago; {issuer.max_age} are taken"
        )
    return None


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 1e9 else "ages"  # noqa: PLR2004 - thirty years


def _shown(text: str) -> str:
    return cut(one_line(text), _SHOWN)


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
