"""A job's token: what it must be, and every way in which it does not count."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Proof, Signal, Source
from remediations.policy import AzureDevOpsPipelines, EntraId, GitHubActions, GitLabCi, TrustedIssuer
from remediations.proof import (
    ALGORITHMS,
    LARGEST_TOKEN,
    LEEWAY,
    Flaw,
    Proven,
    Refused,
    Token,
    Word,
    about,
    backed,
    issuer_of,
    judge,
    presented,
    rejection,
)
from tests.host.azurite import ROOT
from tests.memory import START
from tests.worlds import address_denied

GITHUB = GitHubActions(
    issuer="https://token.actions.githubusercontent.com",
    audience="push-medic",
    registries=("contoso",),
    repositories=("contoso/*",),
    refs=("refs/heads/main",),
    workflows=("contoso/ci/.github/workflows/*",),
)
AZURE_DEVOPS = AzureDevOpsPipelines(
    issuer="https://vstoken.dev.azure.com/0ca3ddd9-f0b0-4635-a98c-5866526961b6",
    audience="api://AzureADTokenExchange",
    registries=("*",),
    pipelines=("p://contoso/shop/*",),
    repositories=("271ef6f7-5998-4b0f-86fb-4b54d9129990",),
)
GITLAB = GitLabCi(
    issuer="https://gitlab.com",
    audience="push-medic",
    registries=("*",),
    projects=("contoso/*",),
    refs=("branch:main",),
)
ENTRA = EntraId(
    issuer="https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0",
    audience="api://push-medic",
    registries=("*",),
    applications=("5e1f0000-0000-4000-8000-000000000001",),
    subjects=("5e1f0000-0000-4000-8000-0000000000aa",),
)
TRUSTED = (GITHUB, AZURE_DEVOPS, GITLAB, ENTRA)
NOW = START.timestamp()
TIMES = {"iat": NOW, "nbf": NOW - 5, "exp": NOW + 300}
CLAIMS: dict[str, dict[str, Any]] = {
    "github": {
        "iss": GITHUB.issuer,
        "aud": "push-medic",
        "jti": "a",
        "sub": "repo:contoso/app:ref:refs/heads/main",
        "repository": "contoso/app",
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "job_workflow_ref": "contoso/ci/.github/workflows/push.yml@refs/heads/main",
    },
    "azure_devops": {
        "iss": AZURE_DEVOPS.issuer,
        "aud": "api://AzureADTokenExchange",
        "jti": "b",
        "sub": "p://contoso/shop/release",
        "rpo_id": "271ef6f7-5998-4b0f-86fb-4b54d9129990",
        "rpo_ref": "refs/heads/main",
    },
    "gitlab": {
        "iss": GITLAB.issuer,
        "aud": ["push-medic"],
        "jti": "c",
        "sub": "project_path:contoso/app:ref_type:branch:ref:main",
        "project_path": "contoso/app",
        "ref": "main",
        "ref_type": "branch",
    },
    "entra v2": {
        "iss": ENTRA.issuer,
        "aud": "api://push-medic",
        "azp": "5e1f0000-0000-4000-8000-000000000001",
        "sub": "anybody",
    },
    "entra v1": {
        "iss": ENTRA.issuer,
        "aud": "api://push-medic",
        "appid": "5e1f0000-0000-4000-8000-000000000001",
        "sub": "anybody",
    },
    "entra, by its subject": {
        "iss": ENTRA.issuer,
        "aud": "api://push-medic",
        "sub": "5e1f0000-0000-4000-8000-0000000000aa",
    },
}


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def text(claims: object, header: object = None, signature: bytes = b"signed") -> str:
    """A token; whether its signature is good is for others to say."""
    head = {"alg": "RS256", "typ": "JWT", "kid": "1"} if header is None else header
    return f"{encoded(head)}.{encoded(claims)}.{encoded(signature)}"


def token(claims: object) -> Token:
    found = presented(f"Bearer {text(claims)}")
    assert isinstance(found, Token)
    return found


def judged(kind: str = "github", changes: Mapping[str, object] | None = None, **more: object) -> Word:
    """What comes of a token that says this instead; None leaves a claim out."""
    claims = {**TIMES, **CLAIMS[kind], **(changes or {}), **more}
    good = token({name: value for name, value in claims.items() if value is not None})
    issuer = issuer_of(good, TRUSTED)
    return issuer if isinstance(issuer, Refused) else judge(good, issuer, START)


def flaw(word: Word | Token | None) -> Flaw:
    assert isinstance(word, Refused)
    return word.flaw


@pytest.mark.parametrize(
    ("kind", "job"),
    [
        ("github", "repository contoso/app at refs/heads/main"),
        ("azure_devops", "pipeline p://contoso/shop/release"),
        ("gitlab", "project contoso/app at branch main"),
        ("entra v2", "application 5e1f0000-0000-4000-8000-000000000001 as anybody"),
        ("entra v1", "application 5e1f0000-0000-4000-8000-000000000001 as anybody"),
        ("entra, by its subject", "application None as 5e1f0000-0000-4000-8000-0000000000aa"),
    ],
)
def test_a_job_that_policy_names_is_proven(kind: str, job: str) -> None:
    word = judged(kind)
    assert isinstance(word, Proven)
    assert (word.job, word.issued_at) == (job, START)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("github", {"repository": "contoso-evil/app"}),
        ("github", {"repository": "evil/contoso/app"}),
        ("github", {"repository": "Contoso/app"}),
        ("github", {"repository": None}),
        ("github", {"repository": None, "project_path": "contoso/app"}),
        ("github", {"ref": "refs/heads/mine"}),
        ("github", {"ref": None}),
        ("github", {"job_workflow_ref": "evil/ci/.github/workflows/push.yml@refs/heads/main"}),
        ("github", {"job_workflow_ref": None}),
        ("azure_devops", {"sub": "p://contoso/other/release"}),
        ("azure_devops", {"sub": "sc://contoso/shop/release"}),
        ("azure_devops", {"rpo_id": "271ef6f7-0000-0000-0000-000000000000"}),
        ("azure_devops", {"rpo_id": None}),
        ("gitlab", {"project_path": "evil/app"}),
        ("gitlab", {"ref_type": "tag"}),
        ("gitlab", {"ref_type": None}),
        ("entra v2", {"azp": "5e1f0000-0000-4000-8000-000000000002"}),
        ("entra v2", {"scp": "user_impersonation"}),
        ("entra, by its subject", {"sub": "5e1f0000-0000-4000-8000-0000000000ab"}),
        ("entra, by its subject", {"sub": None}),
    ],
)
def test_any_other_job_is_not(kind: str, changes: dict[str, object]) -> None:
    assert flaw(judged(kind, changes)) is Flaw.JOB_NOT_ALLOWED


def test_an_issuer_for_which_nothing_is_named_proves_nothing() -> None:
    nobody = EntraId(issuer=ENTRA.issuer, audience=ENTRA.audience, registries=("*",))
    for kind in ("entra v2", "entra v1", "entra, by its subject"):
        assert flaw(judge(token(TIMES | CLAIMS[kind]), nobody, START)) is Flaw.JOB_NOT_ALLOWED


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        ("https://token.actions.githubusercontent.com/", Flaw.ISSUER_UNKNOWN),
        ("https://token.actions.githubusercontent.com/contoso", Flaw.ISSUER_UNKNOWN),
        ("https://TOKEN.actions.githubusercontent.com", Flaw.ISSUER_UNKNOWN),
        ("https://token.actions.githubusercontent.com.evil.example", Flaw.ISSUER_UNKNOWN),
        ("https://vstoken.dev.azure.com/ffffffff-f0b0-4635-a98c-5866526961b6", Flaw.ISSUER_UNKNOWN),
        ("http://token.actions.githubusercontent.com", Flaw.ISSUER_INSECURE),
        ("HTTP://evil.example", Flaw.ISSUER_INSECURE),
        ("", Flaw.ISSUER_UNKNOWN),
    ],
)
def test_an_issuer_is_trusted_to_the_letter(issuer: str, why: Flaw) -> None:
    assert flaw(judged(iss=issuer)) is why


@pytest.mark.parametrize(
    "audience",
    [
        "",
        "push-medic2",
        "https://github.com/contoso",
        [],
        ["other"],
        ["push-medic", "other"],
        ["push-medic"] * 2,
    ],
)
def test_a_token_must_be_for_us_and_for_nobody_else(audience: object) -> None:
    assert flaw(judged(aud=audience)) is Flaw.AUDIENCE


SLACK = LEEWAY.total_seconds()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": NOW - SLACK}, Flaw.EXPIRED),
        ({"exp": NOW - SLACK + 1}, None),
        ({"exp": 0}, Flaw.EXPIRED),
        ({"exp": -1e300}, Flaw.EXPIRED),
        ({"nbf": NOW + SLACK}, None),
        ({"nbf": NOW + SLACK + 1}, Flaw.NOT_YET_VALID),
        ({"nbf": 10**300}, Flaw.NOT_YET_VALID),
        ({"nbf": None}, None),
        ({"iat": NOW + SLACK}, None),
        ({"iat": NOW + SLACK + 1}, Flaw.NOT_YET_VALID),
        ({"iat": NOW - 900 - SLACK}, None),
        ({"iat": NOW - 900 - SLACK - 1}, Flaw.TOO_OLD),
        ({"iat": -(10**300)}, Flaw.TOO_OLD),
    ],
)
def test_a_token_counts_in_its_time_and_not_long_after_it_was_issued(
    changes: dict[str, float | None], why: Flaw | None
) -> None:
    word = judged("github", changes)
    assert (word.flaw if isinstance(word, Refused) else None) is why


@given(*[st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)] * 3)
def test_no_time_breaks_it(iat: float, nbf: float, exp: float) -> None:
    word = judged(iat=iat, nbf=nbf, exp=exp)
    assert isinstance(word, Refused) or abs((word.issued_at - START).total_seconds()) <= 900 + SLACK


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "iat"])
def test_a_token_without_one_of_these_is_none(missing: str) -> None:
    claims = {name: value for name, value in (TIMES | CLAIMS["github"]).items() if name != missing}
    assert flaw(presented(f"Bearer {text(claims)}")) is Flaw.NOT_A_TOKEN


@pytest.mark.parametrize(
    "algorithm",
    ["HS256", "HS384", "HS512", "rs256", "RS1", "EdDSA", "ES256K", "", "RS256 ", "dir", "A" * 300],
)
def test_an_algorithm_with_which_anybody_could_sign_is_refused(algorithm: str) -> None:
    forged = text(TIMES | CLAIMS["github"], {"alg": algorithm, "kid": "1"})
    assert flaw(presented(f"Bearer {forged}")) is Flaw.ALGORITHM


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", [b"", b"signed"])
def test_a_token_without_a_signature_is_refused_by_name(none: str, signature: bytes) -> None:
    bare = text(TIMES | CLAIMS["github"], {"alg": none}, signature)
    assert flaw(presented(f"Bearer {bare}")) is Flaw.UNSIGNED


def test_every_algorithm_that_is_taken_has_a_key_that_is_public() -> None:
    assert {algorithm[:2] for algorithm in ALGORITHMS} == {"RS", "PS", "ES"}


GOOD = text(TIMES | CLAIMS["github"])


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        f"Basic {GOOD}",
        "Bearer",
        "Bearer ",
        f"Bearer {GOOD} {GOOD}",
        f"Bearer {GOOD}.{GOOD}",
        f"Bearer {GOOD}.x.y",
        f"Bearer {GOOD}=",
        f"Bearer {GOOD}\n.",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer ..",
        f"Bearer {text([])}",
        f"Bearer {text({})}",
        f"Bearer {text(TIMES | CLAIMS['github'], [])}",
        f"Bearer {text(TIMES | CLAIMS['github'], {'kid': '1'})}",
        f"Bearer {text(TIMES | CLAIMS['github'], {'alg': ['RS256']})}",
        f"Bearer {text(TIMES | CLAIMS['github'], {'alg': 'RS256', 'kid': 1})}",
        f"Bearer {text(TIMES | CLAIMS['github'], {'alg': 'RS256', 'crit': ['b64'], 'b64': False})}",
        f"Bearer {text(TIMES | CLAIMS['github'] | {'exp': '2030-01-01'})}",
        f"Bearer {text(TIMES | CLAIMS['github'] | {'exp': True})}",
        f"Bearer {text(TIMES | CLAIMS['github'] | {'aud': {'push-medic': 1}})}",
        f"Bearer {text(TIMES | CLAIMS['github'] | {'repository': ['contoso/app']})}",
        f"Bearer {text(b'[' * 9000)}",
        f"Bearer {text(b'{' + b'"a":{' * 1500)}",
        f"Bearer {text(b'\xff\xfe')}",
        "Bearer \uff21.\uff22.\uff23",
    ],
)
def test_what_is_no_signed_token_is_refused(header: str) -> None:
    assert flaw(presented(header)) is Flaw.NOT_A_TOKEN


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_as_anybody_likes(scheme: str) -> None:
    assert isinstance(presented(f"{scheme} {GOOD}"), Token)


@pytest.mark.parametrize("size", [LARGEST_TOKEN + 1, 1024 * 1024, 16 * 1024 * 1024])
def test_a_token_that_is_too_large_is_refused_before_it_is_looked_at(size: int) -> None:
    assert flaw(presented("Bearer " + "a" * (size - 7))) is Flaw.TOO_LARGE


@given(st.text(max_size=200))
def test_no_header_breaks_it(header: str) -> None:
    assert isinstance(presented(header), Refused)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_no_bytes_in_a_token_break_it(header: bytes, payload: bytes) -> None:
    assert isinstance(presented(f"Bearer {encoded(header)}.{encoded(payload)}.x"), Refused)


def test_another_text_of_the_signature_is_the_same_token() -> None:
    numbered, bare = TIMES | CLAIMS["github"], TIMES | CLAIMS["entra v2"]
    for claims in (numbered, bare):
        one, other = (presented(f"Bearer {text(claims, signature=s)}") for s in (b"signed", b"another"))
        assert isinstance(one, Token)
        assert isinstance(other, Token)
        assert one.digest == other.digest
    assert token(numbered).digest != token(numbered | {"jti": "z"}).digest
    assert token(numbered).digest != token(numbered | {"iss": GITLAB.issuer}).digest
    assert token(bare).digest != token(bare | {"iat": NOW - 1}).digest


def proven(issuer: TrustedIssuer = GITHUB) -> Proven:
    return Proven(
        job="repository contoso/app at refs/heads/main", token="f" * 64, issued_at=START, issuer=issuer
    )


def reported(proof: Proof) -> Signal:
    return address_denied(START, source=Source.PUSH_REPORT, proof=proof)


def test_a_proven_job_stands_behind_the_address_that_it_reports_from() -> None:
    signal = backed(reported(Proof.SAME_ADDRESS), proven())
    assert (signal.proof, signal.sender) == (Proof.VERIFIED_JOB, proven().job)


def test_a_proven_job_stands_behind_no_other_address() -> None:
    signal = backed(reported(Proof.CLAIMED), proven())
    assert (signal.proof, signal.sender) == (Proof.CLAIMED, proven().job)


@pytest.mark.parametrize("why", Flaw)
@pytest.mark.parametrize("proof", [Proof.CLAIMED, Proof.SAME_ADDRESS])
def test_with_a_token_that_does_not_count_a_report_only_claims(why: Flaw, proof: Proof) -> None:
    signal = backed(reported(proof), Refused(why, "because"))
    assert (signal.proof, signal.sender) == (Proof.CLAIMED, f"not shown ({why}): because")


def test_without_a_token_a_report_is_what_it_was() -> None:
    assert backed(reported(Proof.SAME_ADDRESS), None) == reported(Proof.SAME_ADDRESS)


def test_a_report_with_a_good_token_is_another_than_the_same_text_without() -> None:
    plain = reported(Proof.SAME_ADDRESS)
    later = msgspec.structs.replace(proven(), token="e" * 64)
    assert len({plain.id, backed(plain, proven()).id, backed(plain, later).id}) == 3
    assert backed(plain, Refused(Flaw.EXPIRED, "")).id == plain.id


def test_a_job_speaks_only_for_the_registries_that_policy_names() -> None:
    assert about(proven(), "contoso") == proven()
    assert flaw(about(proven(), "fabrikam")) is Flaw.REGISTRY_NOT_ALLOWED
    assert about(None, "fabrikam") is None


def test_refusals_are_counted_by_their_reason_whatever_their_words() -> None:
    one, other = (rejection(Refused(Flaw.EXPIRED, f"{n} s ago"), Source.PUSH_REPORT) for n in (1, 2))
    assert (one.reason, one.detail) == (other.reason, other.detail)


@given(st.text(), st.text())
def test_what_a_token_says_of_itself_is_shown_short_and_on_one_line(repository: str, ref: str) -> None:
    word = judged(repository=repository, ref=ref)
    assert isinstance(word, Refused)
    assert len(word.because) < 200
    assert "\n" not in word.because


def test_a_token_is_never_shown() -> None:
    word = judged(aud="other")
    assert isinstance(word, Refused)
    assert not any(part in word.because for part in GOOD.split("."))


def test_times_are_told_in_seconds() -> None:
    word = judged(exp=NOW - timedelta(minutes=5).total_seconds())
    assert word == Refused(Flaw.EXPIRED, "it expired 300 s ago")


def test_every_reason_is_explained_to_whoever_writes_a_pipeline() -> None:
    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    assert [why for why in Flaw if f"`{why}`" not in page] == []
