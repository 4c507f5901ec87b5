"""Renders an Adaptive Card as Teams would, into a page that opens anywhere and a picture of it.

The renderer is the one that Microsoft publishes; Teams has its own theme and drops what it does not like, so a card
without problems here is a card that can be shown, not a promise that Teams shows it alike.
"""

import html
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from jsonschema.exceptions import best_match

from tests.render.browser import QUIET, chromium

_HERE = Path(__file__).parent
_MODULES = _HERE.parents[1] / "node_modules"
_RENDERER = _MODULES / "adaptivecards/dist/adaptivecards.min.js"
_MARKDOWN = _MODULES / "markdown-it/dist/browser/markdown-it.umd.min.js"
_SEEN = re.compile(r'<script type="application/json" id="seen">([^<]+)</script>')
_PLACE = re.compile(r"%(title|renderer|markdown|card)%")
_WIDTH = 1160

type Card = Mapping[str, Any]


@dataclass(frozen=True)
class Sight:
    """What a browser showed: a picture, every word on it, and what the renderer complained about."""

    picture: Path
    text: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class RenderResult:
    """A page that shows a card, and what was seen on it, if there was a browser to look."""

    page: Path
    sight: Sight | None


def render_card(card: Card, to: Path) -> RenderResult:
    """Writes the page `to`, and beside it a picture of the page if this machine has Chromium."""
    parts = {
        "title": html.escape(str(card.get("fallbackText", "Card"))),
        "renderer": _in_script(_RENDERER.read_text()),
        "markdown": _in_script(_MARKDOWN.read_text()),
        "card": json.dumps(card).replace("<", "\\u003c"),
    }
    page = to.resolve()
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_PLACE.sub(lambda place: parts[place[1]], (_HERE / "page.html").read_text()))
    browser = chromium()
    return RenderResult(page, _look(browser, page) if browser else None)


def assert_valid_card(card: Card) -> None:
    """The card is one that the schema of Adaptive Cards 1.4 allows, Teams' own additions aside.

    1.4 because a workflow's connector refuses what is newer.
    """
    public = {name: value for name, value in card.items() if name != "msteams"}
    fault = best_match(_schema().iter_errors(public))
    if fault is not None:
        raise AssertionError(f"{fault.json_path}: {fault.message}")


@cache
def _schema() -> Draft6Validator:
    shipped = resources.files("adaptive_cards") / "schemas" / "schema-1.4.json"
    return Draft6Validator(json.loads(shipped.read_text()))


def _look(browser: str, page: Path) -> Sight:
    """Twice: first how high the page is and what it says, then the picture."""
    found = _SEEN.search(_browse(browser, page, "--dump-dom", f"--window-size={_WIDTH},800"))
    if found is None:
        raise RuntimeError(f"the page did not run to its end: {page}")
    seen = json.loads(found[1])
    picture = page.with_suffix(".png")
    _browse(browser, page, f"--screenshot={picture}", f"--window-size={_WIDTH},{max(seen['height'], 100)}")
    return Sight(picture, seen["text"], tuple(seen["problems"]))


def _browse(browser: str, page: Path, *flags: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        return subprocess.run(
            [browser, *QUIET, f"--user-data-dir={profile}", *flags, page.as_uri()],
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
        ).stdout


def _in_script(source: str) -> str:
    """JavaScript that cannot end the element that it stands in."""
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
