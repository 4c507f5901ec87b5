"""What is looked at when somebody asks, in which order, and what becomes of a look that does not end."""

import threading
import time

import pytest
from msgspec.structs import replace

from checks.evidence import (
    Attributes,
    Connection,
    Contact,
    End,
    Evidence,
    Login,
    NotAsked,
    Profile,
    Quotas,
    RegistrySettings,
    Resolution,
    Unreadable,
    Usage,
    Vantage,
    Way,
)
from checks.examination import examine, look_at_the_way
from checks.frame import Subject
from checks.model import Image, Registry
from tests.examined import ASKED, ILL, WELL
from tests.memory import START
from tests.surroundings import DATA_HOST, MACHINE, PUBLIC, WAY, Seen
from tests.worlds import CONTOSO, HEALTHY


def looked(seen: Seen, subject: Subject = ASKED, patience: float = 5) -> Evidence:
    return examine(CONTOSO, subject, seen.instruments(patience), START, lambda _: None)


def test_everything_is_seen_that_was_asked_for() -> None:
    with_data = Seen(replace(WELL, profile=replace(_profile(), data_endpoints=(DATA_HOST,))))
    seen = looked(with_data, replace(ASKED, image=Image("team/app", "v1"), origin=MACHINE))
    assert seen == replace(with_data.world, data_endpoints=seen.data_endpoints)
    assert f"way {DATA_HOST}" in with_data.asked
    assert f"groups {PUBLIC}" in with_data.asked
    assert "connection contoso.azurecr.io" in with_data.asked
    assert "login team/app" in with_data.asked


def _profile() -> Profile:
    assert isinstance(WELL.profile, Profile)
    return WELL.profile


def test_without_a_repository_no_lock_is_read_and_without_a_machine_no_watcher_asked() -> None:
    plain = Seen(WELL)
    seen = looked(plain)
    assert (seen.repository, seen.tag, seen.manifest) == (NotAsked(), NotAsked(), NotAsked())
    assert (seen.groups, seen.hops, seen.connection) == (NotAsked(), NotAsked(), NotAsked())
    assert plain.asked == [f"way {CONTOSO.login_server}", "challenge", "login None"]


def test_a_way_that_ends_is_not_gone_any_further() -> None:
    silent = Seen(
        replace(WELL, contact=Contact("contoso.azurecr.io", PUBLIC, end=End.TIMED_OUT), handshake=NotAsked())
    )
    seen = looked(silent)
    assert (seen.challenge, seen.login) == (NotAsked(), NotAsked())
    assert silent.asked == [f"way {CONTOSO.login_server}"]


def test_no_token_is_asked_for_where_the_realm_is_elsewhere_or_the_registry_refuses() -> None:
    for world in ("realm elsewhere", "basic only", "403", "fault", "a page", "throttled", "silence"):
        wary = Seen(ILL[world])
        assert looked(wary).login == NotAsked()
        assert not [asked for asked in wary.asked if asked.startswith("login")]


def test_the_host_to_which_one_is_sent_for_a_layer_is_tried() -> None:
    sending = Seen(replace(WELL, login=Login("me", 200, 200, ("pull",), blob_host="x.blob.core.windows.net")))
    looked(sending)
    assert "way x.blob.core.windows.net" in sending.asked


def test_security_groups_and_routes_are_asked_about_the_ipv4_address() -> None:
    both = Seen(replace(WELL, resolution=Resolution("contoso.azurecr.io", ("2001:db8::1", PUBLIC))))
    looked(both, replace(ASKED, origin=MACHINE))
    assert f"hops {PUBLIC}" in both.asked


def test_they_are_asked_about_the_address_that_the_machine_itself_finds() -> None:
    data = Resolution(DATA_HOST, ("20.50.200.7",))
    private = Seen(
        replace(
            WELL,
            profile=replace(_profile(), data_endpoints=(DATA_HOST,)),
            connection=Connection("contoso.azurecr.io", "Reachable", address="10.1.0.9"),
        )
    )
    private.ways[DATA_HOST] = replace(WAY, resolution=data)
    looked(private, replace(ASKED, origin=MACHINE))
    assert {"groups 10.1.0.9 20.50.200.7", "hops 10.1.0.9 20.50.200.7"} <= set(private.asked)


def test_a_machine_that_cannot_be_seen_from_is_one_answer_and_not_four() -> None:
    blind_one = Seen(WELL)
    blind_one.vantage_seen = Unreadable("there is no Network Watcher in westeurope")
    seen = looked(blind_one, replace(ASKED, origin=MACHINE))
    assert seen.connection == blind_one.vantage_seen
    assert (seen.groups, seen.hops, seen.routes) == (NotAsked(), NotAsked(), NotAsked())


def test_without_an_address_to_ask_about_the_machine_is_asked_to_connect_by_name_all_the_same() -> None:
    nameless = Seen(
        replace(WELL, resolution=Resolution("contoso.azurecr.io"), contact=NotAsked(), handshake=NotAsked())
    )
    seen = looked(nameless, replace(ASKED, origin=MACHINE))
    assert isinstance(seen.connection, Connection)
    assert seen.groups == Unreadable("the login server has no address here, so there is nothing to ask for")


def test_a_look_that_does_not_end_is_not_waited_for_and_spoils_no_other() -> None:
    over = threading.Event()

    class Stuck(Seen):
        def usage(self, _: Registry) -> Usage | Unreadable:
            over.wait(20)
            return self.world.usage

    seen = looked(Stuck(WELL), patience=0.3)
    over.set()
    assert seen.usage == Unreadable("no answer within 0 s")
    assert isinstance(seen.login, Login)


def test_a_look_that_breaks_is_unreadable_without_a_word_of_its_secrets() -> None:
    class Broken(Seen):
        def usage(self, _: Registry) -> Usage | Unreadable:
            raise RuntimeError("the secret is 42")

        def tag(self, _: Registry, repository: str, tag: str) -> Attributes:
            raise ZeroDivisionError(repository, tag)

    seen = looked(Broken(WELL), replace(ASKED, image=Image("team/app", "v1")))
    assert seen.usage == Unreadable("looking failed: RuntimeError")
    assert seen.tag == Unreadable("looking failed: ZeroDivisionError")


def test_what_depends_on_nothing_is_looked_at_side_by_side() -> None:
    together = threading.Barrier(4, timeout=5)

    class Slow(Seen):
        def settings(self, registry: Registry) -> RegistrySettings | Unreadable:
            together.wait()
            return super().settings(registry)

        def usage(self, registry: Registry) -> Usage | Unreadable:
            together.wait()
            return super().usage(registry)

        def quotas(self, registry: Registry) -> Quotas | Unreadable | NotAsked:
            together.wait()
            return super().quotas(registry)

        def way(self, host: str) -> Way:
            together.wait()
            return super().way(host)

    seen = looked(Slow(WELL))
    assert (seen.settings, seen.usage, seen.quotas) == (WELL.settings, WELL.usage, WELL.quotas)


def test_a_connectivity_check_that_does_not_end_leaves_time_for_the_rules_and_the_routes() -> None:
    over = threading.Event()

    class Stuck(Seen):
        def connection(self, vantage: Vantage, host: str) -> Connection | Unreadable | NotAsked:
            over.wait(20)
            return super().connection(vantage, host)

    stuck = Stuck(ILL["security group"])
    seen = looked(stuck, replace(ASKED, origin=MACHINE), patience=1)
    over.set()
    assert isinstance(seen.connection, Unreadable)
    assert (seen.groups, seen.hops) == (ILL["security group"].groups, ILL["security group"].hops)


@pytest.mark.parametrize("stuck_at", ["way", "challenge", "login", "vantage", "connection", "groups", "hops"])
def test_wherever_a_look_hangs_it_ends_in_time(stuck_at: str) -> None:
    over = threading.Event()
    hanging = Seen(WELL)
    setattr(hanging, stuck_at, lambda *_: over.wait(20))
    began = time.monotonic()
    look_at_the_way(HEALTHY, CONTOSO, replace(ASKED, origin=MACHINE), hanging.instruments(0.3))
    assert time.monotonic() - began < 6 * 0.3 + 1
    over.set()


def test_what_is_still_looked_at_is_told_whenever_a_look_begins_or_ends() -> None:
    told: list[str] = []
    over = threading.Event()

    class Slow(Seen):
        def usage(self, _: Registry) -> Usage | Unreadable:
            over.wait(20)
            return self.world.usage

        def login(self, registry: Registry, repository: str | None) -> Login | Unreadable | NotAsked:
            waited_for.append(told[-1])
            over.set()
            return super().login(registry, repository)

    waited_for: list[str] = []
    examine(CONTOSO, ASKED, Slow(WELL).instruments(), START, told.append)
    assert told[0] == "settings"
    assert "storage" in waited_for[0]
    assert waited_for[0].endswith("login")
