"""A request for an approval's page in, a page out. Looking changes nothing; a person answers, once.

A link is opened and a form is posted by mail scanners too, so neither carries any power: it takes a signed-in
person with the role, a form that was made for that person and that plan minutes ago, and the page's own origin.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote

import msgspec

from checks.model import Clock, Value
from remediations.approvals import LONGEST_WHY, Approval, Approvals, Person, State, Via
from remediations.change_text import plan
from remediations.pages import Page, page
from remediations.plain import one_line, plain
from remediations.principals import ROLE, NotAllowed, NotSignedIn, approver

_FORM_LASTS: Final = timedelta(minutes=15)
_LARGEST_FORM: Final = 16 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = {"token", "answer", "why"}
_ANSWERS: Final = {"approve": True, "reject": False}
_WORDS: Final = {
    State.PENDING: "Waiting for an answer",
    State.APPROVED: "Approved",
    State.REJECTED: "Rejected",
    State.EXPIRED: "Expired",
    State.USED: "Approved, and done",
}


@dataclass(frozen=True)
class Asking:
    """What of an HTTP request matters here."""

    method: str
    approval: str
    principal: str = ""
    fetch_site: str = ""
    content_type: str = ""
    body: bytes = b""


class _Form(Value, frozen=True):
    agrees: bool
    why: str


class ApprovalPage:
    """The page on which people decide. `keys` sign its forms: the first signs, and all of them are known."""

    def __init__(self, approvals: Approvals, keys: tuple[str, ...], clock: Clock) -> None:
        self._approvals = approvals
        self._keys = keys
        self._clock = clock

    def answer(self, asking: Asking) -> Page:
        """The page, and after a POST that passed everything, the answer written down."""
        who = approver(asking.principal)
        match who:
            case NotSignedIn():
                back = quote(f"/api/approvals/{quote(asking.approval, safe='')}", safe="")
                sign_in = f"/.auth/login/aad?post_login_redirect_uri={back}"
                return _page(401, "Please sign in", "Who decides must be known.", sign_in=sign_in)
            case NotAllowed(person=person):
                lacks = f"{person.name} does not hold the role {ROLE} of this app."
                return _page(403, "Not for you to decide", lacks)
            case Person():
                return self._for(who, asking)

    def _for(self, person: Person, asking: Asking) -> Page:
        approval = self._approvals.find(asking.approval)
        if approval is None:
            return _page(404, "There is nothing here", "No question has this name.")
        if asking.method == "POST":
            return self._posted(person, approval, asking)
        stands = approval.at(self._clock())
        status = 410 if stands is State.EXPIRED else 200
        return self._shown(status, approval, person)

    def _posted(self, person: Person, approval: Approval, asking: Asking) -> Page:
        if asking.fetch_site != "same-origin":
            return _page(403, "Not accepted", "The form was not sent from this page.")
        if asking.content_type.partition(";")[0].strip().lower() != _FORM:
            return _page(415, "Not accepted", "This is not the page's form.")
        if len(asking.body) > _LARGEST_FORM:
            return _page(413, "Not accepted", "The form is too large.")
        fields = _fields(asking.body)
        if fields is None or fields.get("answer") not in _ANSWERS:
            return _page(400, "Not accepted", "This is not the page's form.")
        if not self._is_ours(fields.get("token", ""), approval, person):
            why = "The form is older than 15 minutes, or was made for somebody else. Open the page again."
            return _page(403, "Not accepted", why)
        form = _Form(_ANSWERS[fields["answer"]], one_line(fields.get("why", "")))
        return self._decided(person, approval, form)

    def _decided(self, person: Person, approval: Approval, form: _Form) -> Page:
        is_open = approval.at(self._clock()) is State.PENDING
        if is_open and not form.agrees and not form.why:
            return self._shown(400, approval, person, "Please say why you reject it.")
        answer = self._approvals.answer(approval.id, person, Via.PAGE, form.why, agrees=form.agrees)
        assert answer is not None, "it was there a moment ago, and answers are not forgotten within a month"
        if answer.counted:
            return self._shown(200, answer.approval, person)
        if answer.approval.state is State.EXPIRED:
            return self._shown(410, answer.approval, person)
        return self._shown(409, answer.approval, person, "This was decided before. Nothing changed.")

    def _shown(self, status: int, approval: Approval, person: Person, note: str = "") -> Page:
        stands = approval.at(self._clock())
        return _page(
            status,
            f"May the bot {approval.change}?",
            note,
            approval=approval,
            stands=stands,
            word=_WORDS[stands],
            facts=_facts(approval),
            person=person,
            token=self._token(approval, person) if stands is State.PENDING else "",
            longest=LONGEST_WHY,
        )

    def _token(self, approval: Approval, person: Person) -> str:
        """What shows that this form was made for this person and this plan, and when."""
        issued = int(self._clock().timestamp())
        return f"{issued}.{_mac(self._keys[0], approval, person, issued)}"

    def _is_ours(self, token: str, approval: Approval, person: Person) -> bool:
        written, _, mac = token.partition(".")
        if not written.isascii() or not written.isdecimal() or len(written) > len("99999999999"):
            return False
        issued = int(written)
        right = (_mac(key, approval, person, issued) for key in self._keys)
        known = [hmac.compare_digest(mac.encode(), one.encode()) for one in right]
        age = self._clock() - datetime.fromtimestamp(issued, self._clock().tzinfo)
        return any(known) and -timedelta(seconds=1) <= age < _FORM_LASTS


def _mac(key: str, approval: Approval, person: Person, issued: int) -> str:
    bound = [approval.id, approval.digest, person.oid, person.tenant, issued]
    return hmac.new(key.encode(), msgspec.json.encode(bound), hashlib.sha256).hexdigest()


def _fields(body: bytes) -> dict[str, str] | None:
    """The form's fields, each of them known and there once; None for anything else."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=9)
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) and fields.keys() <= _FIELDS else None


def _facts(approval: Approval) -> tuple[tuple[str, str], ...]:
    facts = (
        ("Registry", approval.registry),
        *plan(approval),
        ("Asked", f"{approval.asked_at:%Y-%m-%d %H:%M} UTC"),
        ("Answer until", f"{approval.expires_at:%Y-%m-%d %H:%M} UTC"),
        ("Incident", approval.incident),
    )
    return tuple((title, plain(value)) for title, value in facts)


def _page(status: int, title: str, note: str, **words: object) -> Page:
    return page("approval", status, title, {"note": note, **words}, forms=True)
