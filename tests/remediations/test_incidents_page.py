"""The pages on which people look: who may, what they show, and that nothing on them runs or can be changed."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.model import LockLevel
from remediations.incidents_page import IncidentsPage, Known, Links, Looking, incident_page, overview_page
from remediations.journal import broken_at
from remediations.model import Reason
from remediations.overview import Overview, Survey, overview
from remediations.pages import Page
from remediations.pauses import Paused
from remediations.principals import NotSignedIn, reader
from tests.overviews import AT, NAMES, REGISTRIES, Past, ago, busy, refused
from tests.remediations.test_approval_page import Forms, assert_forbids, encoded, signed_in
from tests.worlds import ANN, Bot, asking

APPS = NAMES[0]
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\u202e</title><form><img src=x onerror=alert(1)>"


class Site:
    """The pages of a bot that had a busy month."""

    def __init__(self, past: Past | None = None, links: Links | None = None) -> None:
        self.past = past or busy()
        self.looks = 0
        self.asked: list[str] = []
        self.page = IncidentsPage(self._look, self._find, links or Links())

    def get(self, principal: str = "", incident: str = "") -> Page:
        return self.page.answer(Looking(principal, incident))

    @property
    def some(self) -> str:
        return self.past.incidents[0].id

    def _look(self) -> Overview:
        self.looks += 1
        return overview(self.past.survey())

    def _find(self, incident: str) -> Known:
        self.asked.append(incident)
        row = next((one for one in self.past.incidents if one.id == incident), None)
        return Known(self.past.journals.get(incident, ()), row)


@pytest.fixture
def site() -> Site:
    return Site()


def test_whoever_is_signed_in_sees_everything_at_once(site: Site) -> None:
    page = site.get(signed_in())
    assert page.status == 200
    for shown in (
        "<h1>7 things need you</h1>",
        "May the bot add network rule 52.138.231.77 in contosoedge?",
        f'href="/api/approvals/{site.past.approvals[0].id}">Decide</a>',
        f'href="/api/incidents/{site.some}"',
        "<code>medic resume contosoml</code>",
        "the organization answered 401",
        "You are ann@contoso.com.",
    ):
        assert shown in page.html


def test_looking_takes_no_role(site: Site) -> None:
    assert site.get(signed_in(ANN, "Reader")).status == 200


def test_nobody_who_is_not_signed_in_sees_a_word_and_nothing_is_read(site: Site) -> None:
    for incident in ("", site.some, "no-such", "a/../b", HOSTILE):
        for principal in ("", "x", encoded({"auth_typ": "aad", "claims": []})):
            page = site.get(principal, incident)
            assert page.status == 401
            assert "contoso" not in page.html.replace(site.some, "")
    assert (site.looks, site.asked) == (0, [])


def test_signing_in_leads_back_to_what_was_asked_for(site: Site) -> None:
    back = "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fincidents"
    assert Forms(site.get().html).links == ["#content", back]
    assert Forms(site.get(incident=site.some).html).links == ["#content", f"{back}%2F{site.some}"]
    assert Forms(site.get(incident="https://evil.example/").html).links == [
        "#content",
        f"{back}%2Fhttps%253A%252F%252Fevil.example%252F",
    ]


def test_an_incident_has_a_page_that_tells_its_whole_story(site: Site) -> None:
    page = site.get(signed_in(), site.some)
    assert page.status == 200
    for shown in (
        "A client address was refused in contosoedge",
        "waits for an answer",
        "A signal came in",
        "52.138.231.77 is in none of the 3 network rules",
        "A person was asked: add network rule 52.138.231.77",
        f"<code>medic show {site.some}</code>",
    ):
        assert shown in page.html


@pytest.mark.parametrize("incident", ["contoso-aaaaaaaaaaaa-1", "x", "a-b-c", "message-1", HOSTILE, "../x"])
def test_an_unknown_incident_is_not_found(site: Site, incident: str) -> None:
    page = site.get(signed_in(), incident)
    assert page.status == 404
    assert "<script>alert" not in page.html


def test_what_is_no_name_of_an_incident_is_never_looked_up(site: Site) -> None:
    for incident in ("x", "' or true", "Contoso-aaaaaaaaaaaa-1", f"contoso-aaaaaaaaaaaa-{'1' * 10}", HOSTILE):
        site.get(signed_in(), incident)
    assert site.asked == []


def test_without_a_page_to_decide_on_nothing_leads_there() -> None:
    page = Site(links=Links(approvals="")).get(signed_in())
    assert "/api/approvals/" not in page.html
    assert "medic approve" in page.html


def test_what_is_in_force_says_how_to_take_it_back_and_a_changed_journal_says_so(site: Site) -> None:
    records = list(site.past.journals[site.some])
    assert broken_at(records) is None
    records[1] = replace(records[1], at=ago(days=300))
    known = Known(records, None, "add network rule 1.2.3.4", broken_at(records))
    page = incident_page(site.some, known, ANN, Links())
    assert f"<code>medic undo {site.some}</code>" in page.html
    assert "This journal has been changed: record 2" in page.html
    assert "an earlier round of a failure that came back" in page.html


def test_a_long_journal_is_shown_from_its_beginning_and_says_that_there_is_more(site: Site) -> None:
    records = site.past.journals[site.some] * 60
    page = incident_page(site.some, Known(records), ANN, Links())
    assert page.html.count("A signal came in") == 40
    assert "100 more records" in page.html


def pages(site: Site) -> Iterator[Page]:
    """A page of every kind."""
    yield site.get()
    yield site.get(signed_in())
    yield site.get(signed_in(), "unknown")
    for incident in site.past.journals:
        yield site.get(signed_in(), incident)
    quiet = Survey(at=AT, since=AT, registries=REGISTRIES)
    yield overview_page(overview(quiet), ANN, Links())


def test_every_page_forbids_everything_and_nothing_on_it_runs_posts_or_is_fetched(site: Site) -> None:
    for page in pages(site):
        assert not assert_forbids(page, "'none'").tags & {"form", "button", "input", "textarea"}


def hostile_site() -> Site:
    """A bot whose rows, journals, channels and people all say what they should not."""
    past = Past()
    signal = replace(
        refused(APPS, "web/shop:1", ago(hours=1)), excerpt=HOSTILE, identity=HOSTILE, sender=HOSTILE
    )
    past.left(signal, Reason.PROTECTED, HOSTILE)
    past.incidents[0] = replace(past.incidents[0], identity=HOSTILE, image=None)
    past.posted("teams", ago(hours=1))
    past.messages = [replace(one, channel=HOSTILE, why=HOSTILE) for one in past.messages]
    past.pauses[APPS] = Paused(HOSTILE, HOSTILE, ago(hours=1))
    return Site(past)


def test_whatever_rows_and_people_say_stays_text() -> None:
    site = hostile_site()
    mallory = signed_in(replace(ANN, name=HOSTILE))
    for page in (site.get(mallory), site.get(mallory, site.some)):
        assert page.status == 200
        assert "&lt;script&gt;" in page.html
        assert not Forms(page.html).tags & {"script", "form", "img"}
        assert "\u202e" not in page.html
        assert "{{7*7}}" in page.html


@given(st.text(max_size=200))
def test_no_text_whatever_becomes_markup(text: str) -> None:
    site = hostile_site()
    plain = Forms(site.get(signed_in(), site.some).html).tags
    signal = replace(refused(APPS, "web/shop:1", ago(hours=1)), excerpt=text, sender=text)
    past = Past()
    past.left(signal, Reason.PROTECTED, text)
    site = Site(past)
    assert Forms(site.get(signed_in(), site.some).html).tags <= plain | {"blockquote"}


def test_a_story_of_the_bot_itself_can_be_shown_at_every_step() -> None:
    bot = Bot(asking())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    shown = []
    for step in (bot.work, lambda: bot.answered(agrees=True, why=HOSTILE), bot.work):
        step()
        row, records = bot.incident, bot.journal.read(bot.incident.id)
        shown.append(incident_page(row.id, Known(records, row), ANN, Links()).html)
    assert not any(Forms(html).tags & {"script", "form"} for html in shown)
    assert "under way" in shown[0]
    assert "mended once a person agreed" in shown[-1]


def test_whoever_cannot_be_known_does_not_read() -> None:
    assert isinstance(reader(""), NotSignedIn)
    assert reader(signed_in(ANN, "Reader")) == ANN == reader(signed_in())
