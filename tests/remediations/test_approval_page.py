"""The page on which a person decides: who may, what it takes, and everything that gets nothing changed."""

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import override
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.model import LockLevel
from remediations.approval_page import ApprovalPage, Asking
from remediations.approvals import LONGEST_WHY, Approval, Person, State, Via
from remediations.pages import Page
from remediations.principals import NotAllowed, NotSignedIn, approver
from tests.worlds import ANN, SUBSCRIPTION, Bot, asking

FORM = "application/x-www-form-urlencoded"
KEY, OLD_KEY = "k" * 32, "o" * 32
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TENANT = "http://schemas.microsoft.com/identity/claims/tenantid"
BOB = Person(name="bob@contoso.com", oid=f"{'b' * 8}-0000-0000-0000-000000000002", tenant=SUBSCRIPTION)


def signed_in(person: Person = ANN, *roles: str, **changes: object) -> str:
    """The header as App Service makes it for a person with these roles; Approver without any."""
    claims = [
        {"typ": "aud", "val": "the-app"},
        {"typ": OID, "val": person.oid},
        {"typ": TENANT, "val": person.tenant},
        {"typ": "preferred_username", "val": person.name},
        *({"typ": "roles", "val": role} for role in roles or ("Approver",)),
    ]
    principal = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": "roles"}
    return encoded(principal | changes)


def encoded(principal: object) -> str:
    return base64.b64encode(json.dumps(principal).encode()).decode()


class Forms(HTMLParser):
    """What a scanner finds on a page: links, forms with their fields, and everything that could run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.forms = 0
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= found.keys()
        self.forms += tag == "form"
        if tag == "a":
            self.links.append(found["href"])
        if tag in ("input", "textarea", "button"):
            self.fields.setdefault(found["name"], found.get("value", ""))


class Site:
    """The page of a bot that has asked whether it may lift a lock."""

    def __init__(self, *keys: str) -> None:
        self.bot = Bot(asking())
        self.bot.registry.lock(LockLevel.TAG)
        self.bot.refused()
        self.bot.work()
        self.page = ApprovalPage(self.bot.approvals, keys or (KEY,), self.bot.clock)

    @property
    def approval(self) -> Approval:
        approval = self.bot.approvals.of(self.bot.incident.id)
        assert approval
        return approval

    def get(self, principal: str = "", approval: str = "") -> Page:
        return self.page.answer(Asking("GET", approval or self.approval.id, principal))

    def token(self, person: Person = ANN) -> str:
        return Forms(self.get(signed_in(person)).html).fields["token"]

    def post(
        self, principal: str, token: str, answer: str = "approve", why: str = "", **changes: object
    ) -> Page:
        form = urlencode({"token": token, "answer": answer, "why": why}).encode()
        asked = Asking("POST", self.approval.id, principal, "same-origin", FORM, form)
        return self.page.answer(dataclasses.replace(asked, **changes))  # type: ignore[arg-type]

    @property
    def untouched(self) -> bool:
        return self.approval.state is State.PENDING and self.bot.queue.commands == ()


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_person_with_the_role_sees_the_plan_and_looking_changes_nothing(site: Site) -> None:
    page = site.get(signed_in())
    assert page.status == site.get(signed_in()).status == 200
    for shown in (
        "May the bot unlock tag team/app:v1?",
        "writeEnabled false",
        "writeEnabled true",
        "2 h from when it is made, or until the push has succeeded",
        "writeEnabled is false on tag team/app:v1",
        "ann@contoso.com",
        site.approval.id,
        site.approval.digest[:12],
    ):
        assert shown in page.html
    assert site.untouched


def test_a_person_approves_once_and_whoever_posts_again_gets_the_first_answer(site: Site) -> None:
    ann, bob = site.token(), site.token(BOB)
    page = site.post(signed_in(), ann, why="the team asked for it")
    assert page.status == 200
    assert "Approved by ann@contoso.com" in page.html
    assert "the team asked for it" in page.html
    first = site.approval
    assert (first.state, first.by, first.via, first.why) == (
        State.APPROVED,
        ANN,
        Via.PAGE,
        "the team asked for it",
    )
    for principal, token, answer in (
        (signed_in(), ann, "approve"),
        (signed_in(), ann, "reject"),
        (signed_in(BOB), bob, "reject"),
    ):
        page = site.post(principal, token, answer, "no")
        assert page.status == 409
        assert "Approved by ann@contoso.com" in page.html
    assert site.approval == first
    assert len(site.bot.queue.commands) == 1
    seen = site.get(signed_in(BOB))
    assert (seen.status, Forms(seen.html).forms) == (200, 0)


def test_a_person_rejects_and_has_to_say_why(site: Site) -> None:
    page = site.post(signed_in(), site.token(), "reject", " \u200b ")
    assert page.status == 400
    assert "say why" in page.html
    assert site.untouched
    assert site.post(signed_in(), site.token(), "reject", "a release").status == 200
    assert (site.approval.state, site.approval.why) == (State.REJECTED, "a release")


def test_a_reason_is_kept_as_far_as_anybody_reads(site: Site) -> None:
    assert site.post(signed_in(), site.token(), why="x" * 2000).status == 200
    assert len(site.approval.why) == LONGEST_WHY


def test_nobody_who_is_not_signed_in_sees_or_changes_anything(site: Site) -> None:
    token = site.token()
    for page in (site.get(), site.get(approval="no-such"), site.post("", token), site.get(approval="a/../b")):
        assert page.status == 401
        assert site.approval.digest[:12] not in page.html
        assert "team/app" not in page.html
        assert Forms(page.html).forms == 0
    [link] = Forms(site.get().html).links
    assert link == f"/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fapprovals%2F{site.approval.id}"
    assert site.untouched


def test_nobody_without_the_role_sees_or_changes_anything(site: Site) -> None:
    token = site.token()
    for roles in (("Reader",), ("approver",), ("Approver2",), ("",), ("Admin", "Owner")):
        for page in (site.get(signed_in(ANN, *roles)), site.post(signed_in(ANN, *roles), token)):
            assert page.status == 403
            assert "team/app" not in page.html
    assert site.untouched


@pytest.mark.parametrize(
    "fetch_site", ["", "none", "cross-site", "same-site", "Same-Origin", "same-origin, x"]
)
def test_a_form_that_comes_from_elsewhere_is_refused(site: Site, fetch_site: str) -> None:
    assert site.post(signed_in(), site.token(), fetch_site=fetch_site).status == 403
    assert site.untouched


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_only_the_content_type_of_the_form_is_taken(site: Site, kind: str) -> None:
    assert site.post(signed_in(), site.token(), content_type=kind).status == 415
    assert site.untouched


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"answer",
        b"\xff\xfe",
        b"answer=approve&answer=reject&token=x",
        b"answer=approve&token=x&more=1",
        b"answer=yes&token=x",
        b"token=x",
        b"&".join(b"a%d=1" % n for n in range(50)),
    ],
)
def test_what_is_not_the_form_is_refused(site: Site, body: bytes) -> None:
    assert site.post(signed_in(), "", body=body).status == 400
    assert site.untouched


def test_a_form_that_is_too_large_is_refused_unread(site: Site) -> None:
    assert site.post(signed_in(), site.token(), body=b"why=" + b"x" * 20_000).status == 413
    assert site.untouched


def test_a_form_is_good_for_one_person_one_plan_and_fifteen_minutes(site: Site) -> None:
    other_tenant = replace(ANN, tenant=f"{'c' * 8}-0000-0000-0000-000000000003")
    token = site.token()
    written, _, mac = token.partition(".")
    forged = ["", ".", "x.y", f".{mac}", f"-1.{mac}", "9" * 99, f"{written}.é", f"{written}.{'0' * 64}"]
    forged.append(f"{int(written) + 60}.{mac}")
    for principal, wrong in (
        (signed_in(BOB), token),
        (signed_in(other_tenant), token),
        *((signed_in(), one) for one in forged),
    ):
        assert site.post(principal, wrong).status == 403, wrong
    site.bot.clock.advance(timedelta(minutes=15))
    assert site.post(signed_in(), token).status == 403
    assert site.untouched
    assert site.post(signed_in(), site.token()).status == 200


def test_a_form_of_another_question_is_refused(site: Site) -> None:
    token = site.token()
    site.bot.approvals.answer(site.approval.id, ANN, Via.PAGE, "", agrees=True)
    site.bot.registry.lock(LockLevel.TAG, write=True)
    site.bot.registry.lock(LockLevel.REPOSITORY)
    site.bot.clock.advance(60)
    site.bot.work()
    assert site.post(signed_in(), token).status == 403
    assert site.approval.state is State.PENDING


def test_a_plan_that_has_changed_since_is_gone(site: Site) -> None:
    old, token = site.approval.id, site.token()
    site.bot.approvals.end(site.approval.incident)
    page = site.post(signed_in(), token, approval=old)
    assert page.status == 410
    assert site.get(signed_in()).status == 410
    assert Forms(page.html).forms == 0


def test_after_a_day_the_question_is_gone(site: Site) -> None:
    site.bot.clock.advance(timedelta(hours=23, minutes=55))
    token = site.token()
    site.bot.clock.advance(timedelta(minutes=5))
    assert site.post(signed_in(), token).status == 410
    assert site.get(signed_in()).status == 410


def test_keys_are_changed_without_losing_a_form_that_is_open() -> None:
    site = Site(OLD_KEY)
    token = site.token()
    site.page = ApprovalPage(site.bot.approvals, (KEY,), site.bot.clock)
    assert site.post(signed_in(), token).status == 403
    site.page = ApprovalPage(site.bot.approvals, (KEY, OLD_KEY), site.bot.clock)
    assert site.post(signed_in(), token).status == 200


def test_an_unknown_question_is_not_found(site: Site) -> None:
    for name in ("contoso-aaaaaaaaaaaa-1-00000000", "x", "", "<script>", "a/b"):
        page = site.page.answer(Asking("GET", name, signed_in()))
        assert page.status == 404
        assert "<script>" not in page.html


def pages(site: Site) -> Iterator[Page]:
    """A page of every kind."""
    yield site.get()
    yield site.get(signed_in(ANN, "Reader"))
    yield site.get(signed_in())
    yield site.get(signed_in(), "unknown")
    yield site.post(signed_in(), "")
    yield site.post(signed_in(), site.token(), "reject")
    token = site.token()
    yield site.post(signed_in(), token)
    yield site.post(signed_in(), token)


def assert_forbids(page: Page, forms: str) -> Forms:
    """What is found on a page that permits one style sheet and nothing else, but for posting such forms."""
    [style] = re.findall("<style>(.*?)</style>", page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page.headers == {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action {forms}; "
        "frame-ancestors 'none'; base-uri 'none'",
    }
    found = Forms(page.html)
    assert not found.tags & {"script", "img", "iframe", "link", "object", "base"}
    assert not {n for n in found.attributes if n.startswith("on") or n in ("style", "src", "action")}
    assert "url(" not in style
    return found


def test_every_page_forbids_what_it_does_not_need(site: Site) -> None:
    for page in pages(site):
        assert "svg" not in assert_forbids(page, "'self'").tags


HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\u202e</title><form>"


def test_whatever_a_person_or_a_row_says_stays_text(site: Site) -> None:
    mallory = replace(ANN, name=HOSTILE)
    token = Forms(site.get(signed_in(mallory)).html).fields["token"]
    shown = [site.get(signed_in(mallory)), site.get(signed_in(mallory, "Reader"))]
    shown.append(site.post(signed_in(mallory), token, why=HOSTILE))
    for page in shown:
        assert "<script" not in page.html
        assert "\u202e" not in page.html
        assert "49" not in re.sub(
            r"[0-9a-f]{12,}|[0-9]{4}-|[0-9.]+rem", "", page.html.partition("</style>")[2]
        )
        assert Forms(page.html).forms <= 1


def crawled(site: Site, principal: str, answer: str) -> list[int]:
    """What a scanner gets that opens the page, follows what is linked, and posts every form that it finds."""
    answers = []
    for html in (site.get(principal).html, site.get(signed_in()).html):
        found = Forms(html)
        for sends in ({"fetch_site": "none"}, {"fetch_site": "same-origin"}, {"fetch_site": ""}):
            fields = found.fields | {"answer": answer, "why": "scanned"}
            body = urlencode(fields).encode()
            answers.append(site.post(principal, "", body=body, **sends).status)
            answers.append(site.get(principal).status)
    return answers


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_a_scanner_that_follows_links_and_posts_forms_changes_nothing(site: Site, answer: str) -> None:
    assert set(crawled(site, "", answer)) == {401}
    assert set(crawled(site, signed_in(ANN, "Reader"), answer)) == {403}
    for fetch_site in ("", "none", "cross-site"):
        assert site.post(signed_in(), site.token(), answer, "x", fetch_site=fetch_site).status == 403
    assert site.post(signed_in(BOB), site.token(), answer, "x").status == 403
    assert site.untouched


# The principal's header.


def test_a_principal_with_long_and_with_short_names_of_claims_is_the_same_person() -> None:
    short = [
        {"typ": "oid", "val": ANN.oid.upper()},
        {"typ": "tid", "val": ANN.tenant},
        {"typ": "name", "val": ANN.name},
        {"typ": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "val": "Approver"},
    ]
    assert approver(encoded({"auth_typ": "aad", "claims": short})) == ANN == approver(signed_in())


def test_who_has_no_name_is_shown_by_the_object_id() -> None:
    assert approver(signed_in(replace(ANN, name="\u200b"))) == replace(ANN, name=ANN.oid)


def test_who_lacks_the_role_is_known_but_not_allowed() -> None:
    assert approver(signed_in(ANN, "Reader")) == NotAllowed(ANN)


CLAIMS = json.loads(base64.b64decode(signed_in()))["claims"]


def without(typ: str) -> str:
    return signed_in(claims=[claim for claim in CLAIMS if claim["typ"] != typ])


def also(typ: str, val: object) -> str:
    return signed_in(claims=[*CLAIMS, {"typ": typ, "val": val}])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        "e30",
        "é",
        "====",
        signed_in()[:-4],
        signed_in() + "!",
        " " + signed_in(),
        base64.b64encode(b"\xff").decode(),
        base64.b64encode(b"[" * 5_000).decode(),
        base64.b64encode(b'{"a":' * 5_000).decode(),
        "A" * 40_000,
        encoded([]),
        encoded({}),
        encoded("Approver"),
        encoded({"auth_typ": "aad"}),
        signed_in(auth_typ="google"),
        signed_in(auth_typ=None),
        signed_in(claims={}),
        signed_in(claims=[["oid", ANN.oid]]),
        without(OID),
        without(TENANT),
        also("oid", BOB.oid),
        also("tid", BOB.oid),
        also("roles", 7),
        signed_in(replace(ANN, oid="")),
        signed_in(replace(ANN, oid="ann")),
        signed_in(replace(ANN, oid=f"{ANN.oid}\n")),
        signed_in(replace(ANN, tenant="*")),
    ],
)
def test_a_header_that_does_not_say_exactly_who_it_is_says_nobody(header: str) -> None:
    assert isinstance(approver(header), NotSignedIn)


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_no_text_at_all_is_an_approver_by_chance(header: str) -> None:
    assert isinstance(approver(header), NotSignedIn)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["auth_typ", "claims", "typ", "val", "x"]), below, max_size=4)
    ),
)


@given(_JSON)
def test_no_json_of_another_shape_is_an_approver(value: object) -> None:
    assert isinstance(approver(encoded(value)), NotSignedIn)


@given(
    oid=st.sampled_from([ANN.oid, BOB.oid, "", "x"]) | st.text(max_size=40),
    tenant=st.sampled_from([ANN.tenant, ""]) | st.text(max_size=40),
    roles=st.lists(st.sampled_from(["Approver", "approver", "Reader", ""]) | st.text(max_size=9), max_size=3),
    name=st.text(max_size=200),
)
def test_only_whole_ids_and_the_very_role_make_an_approver(
    oid: str, tenant: str, roles: list[str], name: str
) -> None:
    said = approver(signed_in(Person(name=name, oid=oid, tenant=tenant), *roles, "Nothing"))
    guid = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    known = bool(guid.fullmatch(oid.lower()) and guid.fullmatch(tenant.lower()))
    assert isinstance(said, NotSignedIn) is not known
    assert isinstance(said, Person) is (known and "Approver" in roles)
    if isinstance(said, Person):
        assert "\n" not in said.name
        assert len(said.name) <= 110
