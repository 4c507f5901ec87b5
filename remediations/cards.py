"""A notice in, an Adaptive Card for a Teams workflow out. Pure.

What the card may hold is what a flow really posts: version 1.4 (later ones are refused), no Submit action,
and far fewer bytes than the documented 28 KB, because the flow encodes it again before it is measured.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from remediations.model import Notice, Severity
from remediations.plain import CUT, cut, one_line, plain
from remediations.tone import SYMBOLS, WORDS

BUDGET: Final = 20_000
_MOST_FACTS: Final = 25
_MOST_PARAGRAPHS: Final = 12

_STYLES: Final = {
    Severity.GOOD: "good",
    Severity.INFO: "accent",
    Severity.WARNING: "warning",
    Severity.URGENT: "attention",
}

# Everything that begins Markdown anywhere in a line. Teams looks for `<at>` before it reads Markdown, so `<`
# must not stay at all; and no other entity may be formed by the text's own `&`.
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]()~|!{}])")
# What begins a block at the start of a line: headings, lists, rules.
_BLOCK: Final = re.compile(r"^( *\d*)([#+=.-])", re.MULTILINE)
_INDENT: Final = re.compile(r"^ +", re.MULTILINE)
_NO_BREAK_SPACE: Final = "\u00a0"


def card(notice: Notice, details_url: str | None = None) -> dict[str, Any]:
    """The body to post to the workflow: within the budget, and saying so where something was cut."""
    shown = _shown(notice)
    longest = _longest_text(shown)

    def with_quotation_of(length: int) -> dict[str, Any]:
        return _envelope(shown, details_url, longest, length)

    def with_texts_of(length: int) -> dict[str, Any]:
        return _envelope(shown, details_url, length, 0)

    length = _most_that_fits(len(shown.quoted), with_quotation_of)
    if length is not None:
        return with_quotation_of(length)
    return with_texts_of(_most_that_fits(longest, with_texts_of) or 0)


def encoded(body: dict[str, Any]) -> bytes:
    """The body as it is sent. Plain ASCII, so that no step on the way can make it any longer."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def escaped(text: str) -> str:
    """The text for a TextBlock or a fact: what Teams shows of it is the text itself, to the letter."""
    lines = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    blocks = _BLOCK.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", lines))
    indented = _INDENT.sub(lambda spaces: _NO_BREAK_SPACE * len(spaces[0]), blocks)
    shown = (line.rstrip(" ") or _NO_BREAK_SPACE for line in indented.split("\n"))
    return "  \n".join(shown)


def _most_that_fits(longest: int, body: Callable[[int], dict[str, Any]]) -> int | None:
    """The greatest length whose body is within the budget, found by halving."""

    def fits(length: int) -> bool:
        return len(encoded(body(length))) <= BUDGET

    if fits(longest):
        return longest
    if not fits(0):
        return None
    low, high = 0, longest
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _shown(notice: Notice) -> Notice:
    """The notice with nothing in it that hides. A character is at least a byte, so more than these never fit."""
    return replace(
        notice,
        incident=one_line(notice.incident),
        title=one_line(notice.title),
        facts=tuple((one_line(title), plain(value)) for title, value in notice.facts),
        paragraphs=tuple(map(plain, notice.paragraphs)),
        quoted=plain(notice.quoted)[: BUDGET + 1],
    )


def _longest_text(notice: Notice) -> int:
    facts = (text for fact in notice.facts for text in fact)
    return max(map(len, (*facts, *notice.paragraphs, notice.title, notice.incident)))


def _envelope(notice: Notice, details_url: str | None, texts: int, quotation: int) -> dict[str, Any]:
    """The card, its texts and its quotation cut to these lengths, as the workflow's trigger takes it."""
    title = cut(notice.title, texts)
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": f"{WORDS[notice.severity]}: {title}",
        "body": [
            _headline(notice, title, texts),
            *_paragraphs(notice, texts),
            *_facts(notice, texts),
            *_quotation(notice, quotation),
        ],
        "msteams": {"width": "Full"},
    }
    links = (("Decide", notice.page), ("Details", details_url))
    actions = [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links if url]
    if actions:
        content["actions"] = actions
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}


def _headline(notice: Notice, title: str, texts: int) -> dict[str, Any]:
    incident = cut(notice.incident, texts)
    return {
        "type": "Container",
        "style": _STYLES[notice.severity],
        "bleed": True,
        "items": [
            _text(f"{SYMBOLS[notice.severity]} {WORDS[notice.severity]}", weight="Bolder", size="Small"),
            _text(escaped(title), weight="Bolder", size="Large", spacing="None"),
            _text(f"{escaped(incident)} · {notice.at:%Y-%m-%d %H:%M} UTC", size="Small", spacing="Small"),
        ],
    }


def _paragraphs(notice: Notice, texts: int) -> list[dict[str, Any]]:
    shown = [_text(escaped(cut(p, texts))) for p in notice.paragraphs[:_MOST_PARAGRAPHS]]
    more = len(notice.paragraphs) - len(shown)
    return [*shown, _text(f"{CUT}: {more} more paragraphs")] if more > 0 else shown


def _facts(notice: Notice, texts: int) -> list[dict[str, Any]]:
    facts = [
        {"title": escaped(cut(title, texts)), "value": escaped(cut(value, texts))}
        for title, value in notice.facts[:_MOST_FACTS]
    ]
    more = len(notice.facts) - len(facts)
    if more > 0:
        facts.append({"title": CUT, "value": f"{more} more"})
    return [{"type": "FactSet", "separator": True, "spacing": "Medium", "facts": facts}] if facts else []


def _quotation(notice: Notice, length: int) -> list[dict[str, Any]]:
    if not notice.quoted:
        return []
    return [
        _text("What the client said", size="Small", isSubtle=True, spacing="Medium"),
        {
            "type": "Container",
            "style": "emphasis",
            "spacing": "Small",
            "items": [_text(escaped(cut(notice.quoted, length)), fontType="Monospace", size="Small")],
        },
    ]


def _text(text: str, **looks: object) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}
