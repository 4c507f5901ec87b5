"""Who sent a report: a token's signature, what it says, and that it comes for the first time."""

from datetime import datetime, timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.policy import TrustedIssuer
from remediations.ports import IssuerKeys, Table
from remediations.proof import Flaw, Proven, Refused, Word, issuer_of, judge, presented

# No policy takes a token that is older than a day, so the rows of earlier days are of no more use.
_KEPT_DAYS: Final = 3
_LOOKED_BACK_DAYS: Final = 10


class Used(Value, frozen=True):
    """A token that has been used."""

    issuer: str
    job: str
    at: datetime


class Witness:
    """Hears tokens. Each is heard once."""

    def __init__(
        self, trusted: tuple[TrustedIssuer, ...], keys: IssuerKeys, used: Table[Used], clock: Clock
    ) -> None:
        self._trusted = trusted
        self._keys = keys
        self._used = used
        self._clock = clock

    def hear(self, authorization: str) -> Word | None:
        """What an Authorization header shows; None where there is none.

        Keys are asked for only where policy trusts the issuer, and only a token that would count is remembered:
        nobody can make the bot call, or store, what he likes.
        """
        if not authorization:
            return None
        token = presented(authorization)
        if isinstance(token, Refused):
            return token
        issuer = issuer_of(token, self._trusted)
        if isinstance(issuer, Refused):
            return issuer
        word = self._keys.doubt(token, issuer) or judge(token, issuer, self._clock())
        if isinstance(word, Proven) and not self._first(word):
            return Refused(Flaw.REPLAYED, f"the token of {word.job} was used before; ask for a new one")
        return word

    def forget(self) -> None:
        """Remove what is too old to be used again anyhow."""
        today = self._clock()
        for ago in range(_KEPT_DAYS, _LOOKED_BACK_DAYS):
            day = _day(today - timedelta(days=ago))
            for token, _ in tuple(self._used.rows(day)):
                self._used.remove(day, token)

    def _first(self, proven: Proven) -> bool:
        used = Used(issuer=proven.issuer.issuer, job=proven.job, at=self._clock())
        return self._used.insert(_day(proven.issued_at), proven.token, used)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
