"""What people are told, word for word: each kind of notice as card and as mail."""

import json
from typing import Any

import pytest

from remediations.cards import BUDGET, encoded
from remediations.model import Kind, Notice
from tests.render.cards import assert_valid_card
from tests.render.golden import FOLDER, as_told, notices

NOTICES = dict(notices())


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_is_told_in_the_words_that_were_looked_at(name: str) -> None:
    told: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert as_told(NOTICES[name]) == told, "look at it, then run `python -m tests.render.golden`"


@pytest.mark.parametrize("name", NOTICES)
def test_each_kind_is_a_card_that_a_workflow_takes(name: str) -> None:
    card = as_told(NOTICES[name])["card"]
    assert_valid_card(card["attachments"][0]["content"])
    assert len(encoded(card)) <= BUDGET


def test_there_is_a_card_of_every_kind_but_one_that_says_it_stays() -> None:
    assert {notice.kind for notice in NOTICES.values()} == set(Kind) - {Kind.EXTENDED}


@pytest.mark.parametrize("name", ["mended", "allowed"])
def test_what_was_changed_says_how_it_is_taken_back(name: str) -> None:
    notice: Notice = NOTICES[name]
    assert f"Take it back now: medic undo {notice.incident}" in notice.paragraphs
