"""A card is checked by its schema, by the renderer, and by looking at it."""

from pathlib import Path
from typing import Any

import pytest

from tests.render.cards import Card, RenderResult, Sight, assert_valid_card, render_card

CARD: dict[str, Any] = {
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "type": "AdaptiveCard",
    "version": "1.4",
    "fallbackText": "Push to contosoacr repaired",
    "body": [
        {
            "type": "Container",
            "style": "good",
            "bleed": True,
            "items": [
                {
                    "type": "TextBlock",
                    "text": "Push to contosoacr repaired",
                    "size": "Medium",
                    "weight": "Bolder",
                    "wrap": True,
                }
            ],
        },
        {
            "type": "FactSet",
            "facts": [
                {"title": "Image", "value": "team/api:1.2"},
                {"title": "Cause", "value": "the address **203.0.113.7** is not allowed"},
            ],
        },
        {
            "type": "TextBlock",
            "text": "denied: client with IP '203.0.113.7' is not allowed access </script><script>alert(1)</script>",
            "wrap": True,
            "fontType": "Monospace",
            "size": "Small",
        },
        {"type": "TextBlock", "text": "<at>Ops On-call</at>", "wrap": True},
    ],
    "msteams": {
        "width": "Full",
        "entities": [
            {
                "type": "mention",
                "text": "<at>Ops On-call</at>",
                "mentioned": {"id": "oncall@contoso.com", "name": "Ops On-call"},
            }
        ],
    },
    "actions": [{"type": "Action.OpenUrl", "title": "Details", "url": "https://bot.example/i/1"}],
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> RenderResult:
    """A card that has nothing wrong with it, rendered."""
    return render_card(CARD, tmp_path_factory.mktemp("cards") / "good.html")


def look(result: RenderResult) -> Sight:
    """What a browser showed. On a machine without one the test cannot tell, and says so."""
    if result.sight is None:
        pytest.skip("there is no Chromium here to look with")
    return result.sight


def test_a_good_card_is_valid_and_shown_without_a_complaint(good: RenderResult) -> None:
    assert_valid_card(CARD)
    sight = look(good)
    assert sight.problems == ()
    assert sight.picture.read_bytes().startswith(b"\x89PNG")


def test_a_card_says_its_text_and_not_its_markup(good: RenderResult) -> None:
    text = look(good).text
    assert "the address 203.0.113.7 is not allowed" in text
    assert "</script><script>alert(1)</script>" in text
    assert "Ops On-call" in text
    assert "<at>" not in text


def test_the_renderer_names_what_it_does_not_know(tmp_path: Path) -> None:
    odd = CARD | {
        "body": [{"type": "FactSett"}, {"type": "TextBlock", "text": "x", "weight": "Boldish"}],
    }
    assert look(render_card(odd, tmp_path / "odd.html")).problems == (
        'Unknown element type "FactSett". Fallback will be used if present.',
        'Invalid value "Boldish" for property "weight".',
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 1.4}, r"\$\.version"),
        ({"body": [{"type": "TextBlock", "text": "x", "style": "heading"}]}, r"\$\.body\[0\]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_the_schema_refuses_what_version_1_4_does_not_have(change: Card, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        assert_valid_card({**CARD, **change})


def test_a_page_carries_everything_that_it_needs(good: RenderResult) -> None:
    page = good.page.read_text()
    assert "src=" not in page.split("<script>", 1)[0]
    assert "<link" not in page
    assert "%renderer%" not in page
