"""Too many requests: found in a log row or from here, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.throttled import throttled
from checks.evidence import Login
from checks.frame import Caller, Subject
from checks.model import Cause, CauseName, Cleared, RegistryItself, Symptom, Unknown
from tests.examined import ASKED, ILL, WELL, blind
from tests.worlds import HEALTHY, set_to

ROW = Subject(symptom=Symptom.THROTTLED, callers=(Caller("ci", 9), Caller("52.138.231.5", 2)))


def test_a_row_with_429_is_the_cause_and_says_the_limit_and_who_uses_it() -> None:
    answer = throttled.ask(ROW, HEALTHY)
    assert isinstance(answer, Cause)
    assert (answer.name, answer.culprit) == (CauseName.THROTTLED, RegistryItself())
    assert answer.saw == (
        "the registry answered 429; Premium takes 4,000 writes a minute, 2,000 of one identity, and 20,000 logins; "
        "refused were ci (9), 52.138.231.5 (2)"
    )


def test_where_no_row_says_who_uses_it_the_next_step_says_how_to_see() -> None:
    from_here, from_a_row = throttled.ask(ASKED, ILL["throttled"]), throttled.ask(ROW, HEALTHY)
    assert isinstance(from_here, Cause)
    assert isinstance(from_a_row, Cause)
    assert "summarize count() by Identity" in from_here.advice
    assert "summarize" not in from_a_row.advice


def test_a_429_from_here_is_the_cause_and_says_for_how_long_to_wait() -> None:
    for world in (ILL["throttled"], replace(WELL, login=Login("me", 429, retry_after="12"))):
        answer = throttled.ask(ASKED, world)
        assert isinstance(answer, Cause)
        assert answer.saw.startswith("the registry answered 429 and asks to wait 12 s; Premium takes")


def test_a_time_to_wait_that_is_no_number_is_not_repeated() -> None:
    answer = throttled.ask(ASKED, replace(WELL, login=Login("me", 200, 429, retry_after="Wed, 21 Oct")))
    assert isinstance(answer, Cause)
    assert answer.saw.startswith("the registry answered 429; ")


def test_what_is_not_throttled_is_cleared_with_the_limit_of_its_sku() -> None:
    assert throttled.ask(ASKED, set_to(WELL, sku="Basic")) == Cleared(
        saw="nothing was answered with 429; Basic takes 2,000 writes a minute, 1,000 of one identity, "
        "and 10,000 logins"
    )


def test_a_sku_that_nobody_knows_or_can_read_has_no_known_limit() -> None:
    assert throttled.ask(ASKED, set_to(WELL, sku="Ultra")) == Cleared(
        saw="nothing was answered with 429; the limits of Ultra are not known"
    )
    assert throttled.ask(ASKED, blind("settings")) == Cleared(
        saw="nothing was answered with 429; its SKU could not be read"
    )


def test_without_an_answer_to_look_at_it_cannot_be_told() -> None:
    assert throttled.ask(ASKED, blind("challenge")) == Unknown(
        why="whether the registry throttles now could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
