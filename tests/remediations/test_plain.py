"""Text that is only what it seems."""

import unicodedata

from hypothesis import given

from remediations.plain import cut, one_line, plain
from tests.remediations.notices import TEXTS


@given(TEXTS)
def test_nothing_that_hides_or_turns_around_is_left(text: str) -> None:
    categories = {
        unicodedata.category(character) for character in plain(text) if character not in "\n\u200c\u200d"
    }
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(TEXTS)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_every_kind_of_line_end_is_a_newline() -> None:
    assert plain("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_header_is_on_one_line() -> None:
    assert one_line("Refused\r\nBcc: victim@example.com") == "Refused Bcc: victim@example.com"


def test_letters_that_need_joiners_keep_them() -> None:
    assert plain("👩\u200d🔧 نمی\u200cروم") == "👩\u200d🔧 نمی\u200cروم"


def test_what_was_cut_says_so_and_what_was_not_does_not() -> None:
    assert cut("denied: no", 10) == "denied: no"
    assert cut("denied: no", 7) == "denied: … cut"
    assert cut("denied", 0) == "… cut"
