"""Whether a registry's logs reach the bot."""

import pytest

from checks.installation import CATEGORIES, Stream, in_workspace, not_streamed

REPOSITORY, LOGIN = CATEGORIES
BOTH = Stream("push-medic", CATEGORIES, hub="logs", namespace="hubs")


@pytest.mark.parametrize(
    ("streams", "missing"),
    [
        ((), CATEGORIES),
        ((BOTH,), ()),
        ((Stream("all", ("allLogs",), hub="LOGS", namespace="hubs"),), ()),
        ((Stream("one", (LOGIN,), hub="logs", namespace="hubs"),), (REPOSITORY,)),
        ((Stream("other", CATEGORIES, hub="others", namespace="hubs"),), CATEGORIES),
        ((Stream("other", CATEGORIES, hub="logs", namespace="others"),), CATEGORIES),
        ((Stream("kept", CATEGORIES, workspace="w"),), CATEGORIES),
        (tuple(Stream(one, (one,), hub="logs", namespace="hubs") for one in CATEGORIES), ()),
    ],
)
def test_a_category_that_no_setting_sends_to_our_hub_is_missing(
    streams: tuple[Stream, ...], missing: tuple[str, ...]
) -> None:
    assert tuple(not_streamed(streams, "logs", "hubs")) == missing


def test_where_the_hub_is_not_known_any_will_do() -> None:
    assert tuple(not_streamed((BOTH,), "", "")) == ()


def test_what_is_in_a_workspace_is_found_later() -> None:
    assert in_workspace((Stream("kept", CATEGORIES, workspace="w"),))
    assert not in_workspace((BOTH,))
    assert not in_workspace((Stream("kept", (LOGIN,), workspace="w"),))
