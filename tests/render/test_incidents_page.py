"""The incidents pages in a real Chromium: on a desk and on a phone, by day and by night, with a keyboard alone."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, override

import pytest

from checks.model import Symptom
from remediations.incidents_page import Known, Links, incident_page, overview_page
from remediations.overview import overview
from remediations.pages import Page
from tests.overviews import busy, story_of
from tests.remediations.test_approval_page import signed_in
from tests.remediations.test_incidents_page import hostile_site
from tests.render.browser import Browser, chromium
from tests.worlds import ANN

LOOKS = (Path(__file__).parent / "looks.js").read_text()
TAB, ENTER = 9, 13
DESK, PHONE = 1200, 360


def pages() -> dict[str, Page]:
    """Each page by its path, with a month of incidents; and once more with everything hostile."""
    past, site = busy(), hostile_site()
    rows = {row.id: row for row in past.incidents}
    told = {"/waiting": past.incidents[0].id, "/mended": story_of(past, Symptom.PUSH_DISALLOWED)}
    stories = {
        path: incident_page(name, Known(past.journals[name], rows[name], "unlock it"), ANN, Links())
        for path, name in told.items()
    }
    return {
        "/all": overview_page(overview(past.survey()), ANN, Links()),
        **stories,
        "/stranger": site.get(),
        "/hostile": site.get(signed_in()),
        "/hostile-story": site.get(signed_in(), site.some),
    }


PATHS = ("/all", "/waiting", "/mended", "/stranger", "/hostile", "/hostile-story")


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The pages, served with the very headers that they have."""
    known = pages()
    assert tuple(known) == PATHS

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = known.get(self.path)
            if page is None:
                self.send_error(404)
                return
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.html.encode())

        @override
        def log_message(self, *_: Any) -> None:
            """Nothing: what a browser asks for is not what is tested."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser. On a machine without one the test cannot tell, and says so."""
    found = chromium()
    if found is None:
        pytest.skip("there is no Chromium here to look with")
    with Browser(found) as browser:
        yield browser


def looks(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = browser.evaluate(LOOKS)
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_its_window_can_be_read_and_breaks_no_rule_of_its_policy(
    browser: Browser, served: str, path: str, width: int, *, dark: bool
) -> None:
    browser.open(f"{served}{path}", width=width, dark=dark)
    seen = looks(browser)
    allowed = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
    assert [one for one in browser.complaints if one != allowed] == []
    assert (seen["width"], seen["wide"], seen["faint"]) == (width, [], [])
    assert seen["background"] == ("rgb(21, 24, 28)" if dark else "rgb(243, 244, 246)")
    assert seen["headings"][0] == 1
    assert seen["headings"].count(1) == 1
    assert all(
        after <= before + 1 for before, after in zip(seen["headings"], seen["headings"][1:], strict=False)
    )
    assert len(seen["ids"]) == len(set(seen["ids"]))


def focused(browser: Browser) -> dict[str, Any]:
    """What has the focus, and whether it can be seen that it has."""
    found: dict[str, Any] = browser.evaluate(
        """(() => {
          const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
          const middle = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
          return { text: one.textContent.trim().slice(0, 40), id: one.id, tag: one.tagName,
                   ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                   covered: !(middle && (one.contains(middle) || middle.contains(one))) };
        })()"""
    )
    return found


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/all", "/mended"])
def test_a_keyboard_reaches_everything_in_order_and_sees_where_it_is(
    browser: Browser, served: str, path: str, width: int
) -> None:
    browser.open(f"{served}{path}", width=width)
    wanted = looks(browser)["focusable"]
    reached = []
    for _ in wanted:
        browser.press("Tab", TAB)
        now = focused(browser)
        assert (now["ring"], now["covered"]) == (True, False), now
        reached.append(now["text"])
    assert reached == wanted
    assert reached[0] == "Skip to the content"


def test_a_keyboard_skips_to_the_content_and_opens_what_is_folded(browser: Browser, served: str) -> None:
    browser.open(f"{served}/all", width=DESK)
    browser.press("Tab", TAB)
    browser.press("Enter", ENTER, "\r")
    assert focused(browser)["id"] == "content"
    browser.press("Tab", TAB)
    assert focused(browser)["text"] == "Decide"
    browser.evaluate("document.querySelector('summary').focus()")
    browser.press("Enter", ENTER, "\r")
    assert browser.evaluate("document.querySelector('details').open")


def test_a_page_with_a_picture_or_a_script_in_it_would_be_complained_about(
    browser: Browser, served: str
) -> None:
    browser.open(f"{served}/all", width=DESK)
    browser.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), { src: 'https://evil.example/x' }));"
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))"
    )
    assert browser.evaluate("window.ran === undefined")
    assert len([one for one in browser.complaints if "Content Security Policy" in one]) >= 1


def test_a_page_can_be_pictured(browser: Browser, served: str, tmp_path: Path) -> None:
    browser.open(f"{served}/all", width=PHONE, dark=True)
    assert browser.picture(tmp_path / "phone.png").read_bytes().startswith(b"\x89PNG")
