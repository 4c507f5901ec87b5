"""Writes docs/card.png and docs/page.png: a card as Teams shows it, and the incidents page by day and by night."""

import base64
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from checks.incident import Incident, State
from checks.model import Symptom
from remediations import notices
from remediations.cards import card
from remediations.incidents_page import Links, overview_page
from remediations.model import Notice, Verified
from remediations.overview import overview
from tests.overviews import REGISTRIES, Past, busy
from tests.render.browser import Browser, chromium
from tests.render.cards import render_card
from tests.worlds import ANN

DOCS: Final = Path(__file__).parents[1] / "docs"
_ADDRESS: Final = "https://push-medic.azurewebsites.net/api/incidents"
_DESK: Final = 1180
_PHONE: Final = 390
_HEIGHT: Final = 960
_SIDE_BY_SIDE: Final = """<!doctype html><style>
body {{ margin: 0; width: 1640px; display: flex; gap: 24px; padding: 22px; box-sizing: border-box; }}
body {{ background: #e4e7eb; }}
img {{ display: block; border-radius: 8px; box-shadow: 0 2px 12px #0003; }}
</style>{pictures}"""


def main() -> int:
    """Take both pictures. The exit status is 1 on a machine without Chromium."""
    found = chromium()
    if found is None:
        print("There is no Chromium here to take pictures with.", file=sys.stderr)  # noqa: T201 - as a command does
        return 1
    past = busy()
    with tempfile.TemporaryDirectory() as folder, Browser(found) as browser:
        _card(browser, past, Path(folder))
        _page(browser, past, Path(folder))
    return 0


def _card(browser: Browser, past: Past, folder: Path) -> None:
    """The card about a push that was just mended, in a light theme and in a dark one."""
    row = next(one for one in past.incidents if _is_mended(one))
    shown: dict[str, Any] = card(_mended(past, row), f"{_ADDRESS}/{row.id}")
    page = render_card(shown["attachments"][0]["content"], folder / "card.html").page
    browser.open(page.as_uri(), width=_DESK)
    height = browser.evaluate(
        "Math.max(...[...document.querySelectorAll('main > *')].map(e => e.scrollHeight)) + 48"
    )
    browser.picture(DOCS / "card.png", height=round(height))


def _is_mended(row: Incident) -> bool:
    return row.symptom is Symptom.PUSH_DISALLOWED and row.state is State.MENDED


def _mended(past: Past, row: Incident) -> Notice:
    """What people were told of it."""
    change = next(one.change for one in past.commitments if one.incident == row.id)
    outcome = Verified("writeEnabled is true on the tag")
    return notices.change_made(row, change, outcome, REGISTRIES[row.registry], row.moved_at)


def _page(browser: Browser, past: Past, folder: Path) -> None:
    """The page on a desk by day, and beside it on a phone by night."""
    html = folder / "page.html"
    html.write_text(overview_page(overview(past.survey()), ANN, Links()).html)
    pictures = []
    for width, dark in ((_DESK, False), (_PHONE, True)):
        browser.open(html.as_uri(), width=width, dark=dark)
        taken = browser.picture(folder / f"{width}.png", height=_HEIGHT).read_bytes()
        pictures.append(f'<img src="data:image/png;base64,{base64.b64encode(taken).decode()}">')
    both = folder / "both.html"
    both.write_text(_SIDE_BY_SIDE.format(pictures="".join(pictures)))
    browser.open(both.as_uri(), width=1640, height=_HEIGHT + 44)
    browser.picture(DOCS / "page.png")


if __name__ == "__main__":
    sys.exit(main())
