"""Everything at once, as the terminal shows it."""

from msgspec.structs import replace

from remediations.model import Reason
from remediations.overview import Survey, overview
from remediations.overview_text import as_text
from tests.overviews import AT, NAMES, REGISTRIES, Past, ago, busy, refused

APPS, ML, EDGE = NAMES


def shown(past: Past) -> list[str]:
    return list(as_text(overview(past.survey())))


def test_a_quiet_bot_says_so_in_its_first_line() -> None:
    quiet = Survey(at=AT, since=ago(days=30), registries=REGISTRIES, channels=("teams",))
    first, *rest = as_text(overview(quiet))
    assert first == "Nothing needs you, as of 2026-11-26 14:02 UTC. Looked back 30 d."
    assert rest == [
        line
        for title in ("Open incidents", "What the bot did", "How repairs go", "Storage")
        for line in ("", title, "  none")
    ] + [
        "",
        "How people are reached",
        "  channel     last taken      taken  waiting  dead  unknown",
        "  teams       none in a week  0      0        0     0",
    ]


def test_a_busy_month_is_told_in_the_order_in_which_people_want_it() -> None:
    lines = shown(busy())
    wanted = (
        "7 things need you, as of 2026-11-26 14:02 UTC. Looked back 30 d.",
        "!! May the bot add network rule 52.138.231.77 in contosoedge? (11 min)",
        "!  The bot is paused for contosoml (4 h)",
        "Open incidents",
        "What the bot did",
        "  30 earlier ones: medic status --json",
        "How repairs go",
        "  all causes          48         83 %            4       48 s         4 min 49 s",
        "Storage",
        "How people are reached",
    )
    assert [line for line in lines if line in wanted] == list(wanted)


def test_storage_is_shown_with_a_sparkline_and_when_it_will_be_full() -> None:
    [line] = [line for line in shown(busy()) if line.startswith("  contosoml  ")]
    assert "84.7 TiB of 100.0 TiB, 84 %" in line
    assert "▁" in line
    assert "█" in line
    assert "Full between" in line


def test_no_line_is_wider_than_a_terminal() -> None:
    assert max(map(len, shown(busy()))) <= 110


def test_whatever_a_row_says_moves_no_cursor_and_breaks_no_line() -> None:
    past = Past()
    hostile = "a\x1b[2J\u202e\nb" + "x" * 300
    past.left(refused(APPS, "web/shop:1", ago(hours=1)), Reason.PROTECTED, hostile)
    seen = overview(past.survey())
    needs = tuple(replace(need, title=hostile, do=(hostile,)) for need in seen.needs)
    standing = tuple(replace(one, about=hostile) for one in seen.standing)
    for line in as_text(replace(seen, needs=needs, standing=standing)):
        assert line.isprintable()
