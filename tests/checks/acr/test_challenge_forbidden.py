"""A refusal at the login server that its settings do not explain: found, cleared, and not to be told."""

from checks.acr.challenge_forbidden import challenge_forbidden
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind
from tests.worlds import set_to


def test_a_refusal_that_the_settings_do_not_explain_is_the_cause() -> None:
    assert challenge_forbidden.ask(ASKED_OF, ILL["403"]) == Cause(
        name=CauseName.FIREWALL_IP_DENIED,
        culprit=Place(kind="client", name="52.138.231.5"),
        saw=(
            "the registry answered GET /v2/ with 403 and refuses 52.138.231.5; its settings would"
            " let that address in"
        ),
        advice="If the network settings were changed just now, try again in a few minutes.",
    )


def test_without_a_refusal_it_is_cleared() -> None:
    assert challenge_forbidden.ask(ASKED_OF, WELL) == Cleared(
        saw="the registry does not refuse this machine (401)"
    )


def test_a_refusal_that_the_settings_explain_is_for_the_checks_of_the_settings() -> None:
    for world in (
        set_to(ILL["403"], denies_by_default=True),
        set_to(ILL["403"], public_network_access=False),
    ):
        assert isinstance(challenge_forbidden.ask(ASKED_OF, world), Cleared)


def test_a_refusal_with_settings_that_cannot_be_read_is_still_a_refusal() -> None:
    answer = challenge_forbidden.ask(ASKED_OF, blind("settings", ILL["403"]))
    assert isinstance(answer, Cause)
    assert answer.saw.endswith("refuses 52.138.231.5; its settings could not be read")


def test_where_its_settings_could_not_be_read_the_next_step_is_to_look_at_them() -> None:
    answer = challenge_forbidden.ask(ASKED_OF, blind("settings", ILL["403"]))
    assert isinstance(answer, Cause)
    assert answer.saw.endswith("its settings could not be read")
    assert answer.advice.startswith("Look at its network settings: `az acr show")


def test_silence_is_no_challenge_and_no_refusal() -> None:
    assert challenge_forbidden.ask(ASKED_OF, ILL["silence"]) == Cleared(
        saw="nobody answered GET /v2/, so nobody refused this machine"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert challenge_forbidden.ask(ASKED_OF, blind("challenge")) == Unknown(
        why="the answer to GET /v2/ could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
