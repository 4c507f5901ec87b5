"""Notices as Teams cards: valid, within the budget, and showing hostile text as text."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from remediations.cards import BUDGET, card, encoded, escaped
from remediations.model import Notice, Severity
from remediations.plain import CUT, plain
from tests.remediations.notices import FILLING, MENDED, NEEDS_YOU, NOTICES, OVER, TEXTS

SCHEMA = json.loads(files("adaptive_cards").joinpath("schemas/schema-1.4.json").read_text())
CARDS = jsonschema.Draft6Validator(SCHEMA)


def content(body: dict[str, Any]) -> dict[str, Any]:
    inner: dict[str, Any] = body["attachments"][0]["content"]
    return inner


def texts(element: object) -> Iterator[str]:
    """Every text of a card that Teams reads as Markdown."""
    match element:
        case {"type": "TextBlock", "text": str(text)}:
            yield text
        case {"title": str(title), "value": str(value)}:
            yield from (title, value)
        case dict():
            for part in element.values():
                yield from texts(part)
        case list():
            for part in element:
                yield from texts(part)
        case _:
            pass


class Shown(HTMLParser):
    """What a reader sees of some HTML, and what is in it besides text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("notice", [MENDED, NEEDS_YOU, FILLING, OVER])
def test_every_card_is_a_valid_card_of_version_1_4(notice: Notice) -> None:
    inner = content(card(notice, "https://bot.example/i/1"))
    assert inner.pop("msteams") == {"width": "Full"}
    CARDS.validate(inner)
    assert inner["version"] == "1.4"


@given(NOTICES)
def test_whatever_a_notice_says_its_card_is_valid_and_within_the_budget(notice: Notice) -> None:
    body = card(notice)
    inner = content(body)
    inner.pop("msteams")
    CARDS.validate(inner)
    assert len(encoded(body)) <= BUDGET


def test_the_envelope_is_the_one_that_a_workflow_takes() -> None:
    body = card(MENDED)
    assert body == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": content(body),
            }
        ],
    }


@given(TEXTS)
@example("# a\n    b\n* c")
@example("1. a\n2) b")
@example("a\n===\nb\n---")
@example("&lt;at&gt;x")
@example("\\[a](b)\\")
def test_markdown_shows_escaped_text_to_the_letter(text: str) -> None:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    shown = Shown(markdown.render(escaped(text)))
    assert shown.tags <= {"p", "br"}
    assert words(shown.text) == words(plain(text))


@given(NOTICES)
def test_nobody_can_be_mentioned_and_no_date_be_computed(notice: Notice) -> None:
    for text in texts(content(card(notice))):
        assert "<" not in text
        assert "{{" not in text


def test_a_link_in_a_fact_is_shown_and_not_made() -> None:
    fact = escaped("[click](http://evil.example)")
    assert fact == r"\[click\]\(http://evil.example\)"


def test_colour_is_never_alone() -> None:
    heads = {severity: content(card(replace(MENDED, severity=severity)))["body"][0] for severity in Severity}
    assert [(head["style"], head["items"][0]["text"]) for head in heads.values()] == [
        ("good", "\N{HEAVY CHECK MARK} Good news"),
        ("accent", "\N{INFORMATION SOURCE} For your information"),
        ("warning", "\N{WARNING SIGN} Please have a look"),
        ("attention", "\N{DOUBLE EXCLAMATION MARK} Needs you now"),
    ]


def test_the_first_lines_say_what_is_wanted_what_happened_and_which_incident() -> None:
    head = content(card(NEEDS_YOU))["body"][0]
    assert [item["text"] for item in head["items"]] == [
        "\N{DOUBLE EXCLAMATION MARK} Needs you now",
        "A client address was refused in contosoacr: address unproven",
        "contosoacr-9f8e7d6c5b4a-2 · 2026-03-01 12:07 UTC",
    ]


def test_what_the_client_said_is_in_monospace_and_keeps_its_lines() -> None:
    quotation = content(card(NEEDS_YOU))["body"][-1]["items"][0]
    assert quotation["fontType"] == "Monospace"
    assert len(quotation["text"].splitlines()) == 2


def test_a_details_address_becomes_a_button_and_nothing_submits() -> None:
    assert content(card(MENDED, "https://bot.example/i/1"))["actions"] == [
        {"type": "Action.OpenUrl", "title": "Details", "url": "https://bot.example/i/1"}
    ]
    assert "actions" not in content(card(MENDED))


@given(st.sampled_from("aé日🛑\\[&"), st.integers(min_value=0, max_value=40_000))
def test_a_long_quotation_is_cut_to_the_very_byte_and_says_so(character: str, length: int) -> None:
    quoted = "x" + character * length + "y"
    body = card(replace(NEEDS_YOU, quoted=quoted))
    size = len(encoded(body))
    text = content(body)["body"][-1]["items"][0]["text"]
    assert size <= BUDGET
    if CUT in text:
        assert size > BUDGET - 60
        assert len(encoded(card(replace(NEEDS_YOU, quoted="")))) < size


def test_a_quotation_that_just_fits_is_not_cut() -> None:
    bare = len(encoded(card(replace(NEEDS_YOU, quoted="x"))))
    fitting = card(replace(NEEDS_YOU, quoted="x" * (1 + BUDGET - bare)))
    assert len(encoded(fitting)) == BUDGET
    assert CUT not in encoded(fitting).decode()
    longer = card(replace(NEEDS_YOU, quoted="x" * (2 + BUDGET - bare)))
    assert len(encoded(longer)) <= BUDGET
    assert "\\u2026 cut" in encoded(longer).decode()


def test_texts_are_cut_when_the_quotation_is_not_to_blame() -> None:
    body = card(replace(NEEDS_YOU, paragraphs=("é" * 30_000,), facts=(("Fact", "日" * 30_000),)))
    assert BUDGET - 60 < len(encoded(body)) <= BUDGET
    assert content(body)["body"][0]["items"][1]["text"].startswith("A client address was refused")


def test_more_parts_than_a_card_can_hold_are_counted() -> None:
    many = replace(NEEDS_YOU, facts=tuple((f"Fact {n}", "x") for n in range(500)), paragraphs=("x",) * 500)
    body = card(many)
    assert len(encoded(body)) <= BUDGET
    assert "… cut: 488 more paragraphs" in texts(content(body))
    assert content(body)["body"][-3]["facts"][-1] == {"title": "… cut", "value": "475 more"}
