"""A token is heard once, and only the tokens of those whom policy trusts are worth a question or a row."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from remediations.policy import TrustedIssuer
from remediations.proof import Flaw, Proven, Refused, Token, Word
from remediations.witness import Used, Witness
from tests.memory import START, Clock, Crash, Fuse, MemoryTable
from tests.remediations.test_proof import CLAIMS, GITHUB, TIMES, text

GOOD = TIMES | CLAIMS["github"]
ANOTHER = GOOD | {"jti": "another"}


class Keys:
    """Keys that believe every signature, or none."""

    def __init__(self, doubted: Refused | None = None) -> None:
        self.doubted = doubted
        self.asked: list[str] = []

    def doubt(self, token: Token, issuer: TrustedIssuer) -> Refused | None:
        assert token.claims.iss == issuer.issuer
        self.asked.append(issuer.issuer)
        return self.doubted


class Court:
    """A witness, and what it rests on."""

    def __init__(self, doubted: Refused | None = None, fuse: Fuse | None = None) -> None:
        self.clock = Clock()
        self.keys = Keys(doubted)
        self.used = MemoryTable(Used, fuse)
        self.witness = Witness((GITHUB,), self.keys, self.used, self.clock)

    def hear(self, claims: object = GOOD) -> Word | None:
        return self.witness.hear(f"Bearer {text(claims)}")

    @property
    def rows(self) -> list[str]:
        return [used.value.job for day in ("2026-02-28", "2026-03-01") for _, used in self.used.rows(day)]


def flaw(word: Word | None) -> Flaw:
    assert isinstance(word, Refused)
    return word.flaw


def test_a_token_counts_once() -> None:
    court = Court()
    assert isinstance(court.hear(), Proven)
    assert flaw(court.hear()) is Flaw.REPLAYED
    assert isinstance(court.hear(ANOTHER), Proven)
    assert len(court.rows) == 2


def test_a_token_that_comes_many_times_at_once_counts_once() -> None:
    court = Court()
    with ThreadPoolExecutor(8) as pool:
        words = list(pool.map(lambda _: court.hear(), range(32)))
    assert sum(isinstance(word, Proven) for word in words) == 1


def test_a_token_is_used_up_even_where_the_worker_dies_of_it() -> None:
    court = Court(fuse=Fuse(after=1))
    with pytest.raises(Crash):
        court.hear()
    assert flaw(court.hear()) is Flaw.REPLAYED


def test_nobody_is_asked_and_nothing_kept_without_a_token() -> None:
    court = Court()
    assert court.witness.hear("") is None
    assert (court.keys.asked, court.rows) == ([], [])


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        (GOOD | {"iss": "https://evil.example"}, Flaw.ISSUER_UNKNOWN),
        (GOOD | {"iss": "http://token.actions.githubusercontent.com"}, Flaw.ISSUER_INSECURE),
        ([], Flaw.NOT_A_TOKEN),
    ],
)
def test_keys_are_asked_for_only_where_policy_trusts_the_issuer(claims: object, why: Flaw) -> None:
    court = Court()
    assert flaw(court.hear(claims)) is why
    assert (court.keys.asked, court.rows) == ([], [])


@pytest.mark.parametrize(
    ("doubted", "claims", "why"),
    [
        (Refused(Flaw.FORGED, ""), GOOD, Flaw.FORGED),
        # With a bad signature, what else is wrong is nobody's business.
        (Refused(Flaw.FORGED, ""), GOOD | {"aud": "other"}, Flaw.FORGED),
        (None, GOOD | {"aud": "other"}, Flaw.AUDIENCE),
        (None, GOOD | {"repository": "evil/app"}, Flaw.JOB_NOT_ALLOWED),
    ],
)
def test_a_token_that_would_not_count_is_not_remembered(
    doubted: Refused | None, claims: object, why: Flaw
) -> None:
    court = Court(doubted)
    assert flaw(court.hear(claims)) is why
    assert court.rows == []


def test_what_can_no_longer_be_used_is_forgotten_and_nothing_else() -> None:
    court = Court()
    court.hear()
    for _ in range(3):
        court.witness.forget()
        assert len(court.rows) == 1
        court.clock.advance(timedelta(days=1))
    court.witness.forget()
    assert court.rows == []


def test_a_token_is_remembered_for_as_long_as_any_policy_takes_it() -> None:
    # The longest age that a policy may give, for a token that was issued in the first second of its day.
    patient = type(GITHUB)(
        issuer=GITHUB.issuer,
        audience=GITHUB.audience,
        registries=("*",),
        repositories=GITHUB.repositories,
        max_age="24h",
    )
    clock, used = Clock(START.replace(hour=0)), MemoryTable(Used)
    witness = Witness((patient,), Keys(), used, clock)
    long = text(GOOD | {"iat": clock().timestamp(), "nbf": clock().timestamp(), "exp": 4e9})
    assert isinstance(witness.hear(f"Bearer {long}"), Proven)
    for _ in range(50):
        clock.advance(timedelta(hours=1))
        witness.forget()
        assert isinstance(witness.hear(f"Bearer {long}"), Refused)
