"""A login server that is not the registry's own: found, cleared, and not to be told."""

from checks.acr.login_server_differs import login_server_differs
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_another_login_server_than_the_registrys_is_the_cause() -> None:
    assert login_server_differs.ask(ASKED_OF, ILL["another login server"]) == Cause(
        name=CauseName.REGISTRY_NOT_FOUND,
        culprit=Place(kind="login server", name="contoso.azurecr.io"),
        saw=("contoso.azurecr.io was called, and the registry's login server is contoso-d7ffgfb2.azurecr.io"),
        advice="Set loginServer to contoso-d7ffgfb2.azurecr.io in PUSH_MEDIC_REGISTRIES.",
    )


def test_its_own_login_server_is_cleared() -> None:
    assert login_server_differs.ask(ASKED_OF, WELL) == Cleared(saw="the login server is contoso.azurecr.io")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert login_server_differs.ask(ASKED_OF, blind("resolution")) == Unknown(
        why="the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
