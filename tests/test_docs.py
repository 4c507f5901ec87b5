"""Pages that are generated, and are what would be generated now."""

from scripts.causes import PAGE, page


def test_the_page_of_causes_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
