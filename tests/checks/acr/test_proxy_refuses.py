"""The proxy on the way, which does not let the registry be reached: found, cleared, and not to be told."""

from checks.acr.proxy_refuses import proxy_refuses
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_proxy_that_does_not_connect_is_the_cause() -> None:
    assert proxy_refuses.ask(ASKED_OF, ILL["proxy"]) == Cause(
        name=CauseName.PROXY_ERROR,
        culprit=Place(kind="proxy", name="proxy.corp:8080"),
        saw="the proxy proxy.corp:8080 did not connect to contoso.azurecr.io: it answered 407",
    )


def test_without_a_proxy_it_is_cleared() -> None:
    assert proxy_refuses.ask(ASKED_OF, WELL) == Cleared(saw="there is no proxy")


def test_a_page_instead_of_a_registry_is_the_cause() -> None:
    answer = proxy_refuses.ask(ASKED_OF, ILL["a page"])
    assert isinstance(answer, Cause)
    assert answer.saw == "GET /v2/ was answered with 200, and not by a registry"


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert proxy_refuses.ask(ASKED_OF, blind("contact")) == Unknown(
        why="the way to the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
