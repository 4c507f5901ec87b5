"""The identity that opens the registry's own encryption key: found, cleared, and not to be told."""

from checks.acr.encryption_identity_missing import encryption_identity_missing
from checks.evidence import Unreadable
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_key_without_its_identity_is_the_cause() -> None:
    assert encryption_identity_missing.ask(ASKED_OF, ILL["key"]) == Cause(
        name=CauseName.SERVER_ERROR,
        culprit=Place(kind="managed identity", name="44444444-4444-4444-4444-000000000001"),
        saw="its key is opened by 44444444-4444-4444-4444-000000000001, which is none of the 0 identities that it has "
        "and that are there",
        advice=(
            "Give the registry an identity that may use the key, and rotate the key with it: `az "
            "acr encryption rotate-key --name REGISTRY --identity IDENTITY --key-encryption-key "
            "KEY`."
        ),
    )


def test_without_a_key_of_its_own_it_is_cleared() -> None:
    assert encryption_identity_missing.ask(ASKED_OF, WELL) == Cleared(
        saw="the registry has no key of its own"
    )


def test_a_key_with_its_identity_is_cleared_whatever_the_case() -> None:
    world = but("profile", key_identity="ABC", identities=("system", "abc"))
    assert isinstance(encryption_identity_missing.ask(ASKED_OF, world), Cleared)


def test_an_identity_that_may_not_be_looked_at_may_be_gone() -> None:
    world = but(
        "profile",
        key_identity="abc",
        identities=("abc",),
        key_identity_unread=Unreadable("Azure answered 403", "the.right/that/is/missing"),
    )
    assert encryption_identity_missing.ask(ASKED_OF, world) == Unknown(
        why="whether abc, which opens its key, is still there could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert encryption_identity_missing.ask(ASKED_OF, blind("profile")) == Unknown(
        why="the registry's encryption could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
