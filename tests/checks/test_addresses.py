"""Which network rule covers which client address."""

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.addresses import client_in, covered_by, network_of

BROADCAST = IPv4Address("255.255.255.255")


@given(st.ip_addresses(v=4).filter(lambda one: one != BROADCAST), st.integers(min_value=0, max_value=32))
def test_an_address_is_covered_by_every_network_that_it_is_in(address: IPv4Address, length: int) -> None:
    rule = str(ip_network(f"{address}/{length}", strict=False))
    assert covered_by(str(address), [rule]) == rule


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_a_bare_address_covers_itself_alone(one: IPv4Address, other: IPv4Address) -> None:
    assert covered_by(str(one), [str(other)]) == (str(other) if one == other else None)


@given(st.ip_addresses(v=6))
def test_no_rule_covers_an_ipv6_address(address: object) -> None:
    assert covered_by(str(address), ["0.0.0.0/0", "::/0", str(address)]) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_breaks_it(address: str, rule: str) -> None:
    covered_by(address, [rule])
    client_in(address)


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{}:443", "::ffff:{}", "[::ffff:{}]:50123"]))
def test_an_ipv4_client_is_the_same_however_it_is_written(address: IPv4Address, written: str) -> None:
    assert client_in(written.format(address)) == str(address)


@pytest.mark.parametrize(
    "text", ["", ":", ":443", "[]", "fe80::1%eth0", "fe80::1%<b>", "1.2.3.4:", "1.2.3.4/32", "0" * 99]
)
def test_what_is_no_address_is_nobodys(text: str) -> None:
    assert client_in(text) is None


@pytest.mark.parametrize("rule", ["", "x", "::/0", "1.2.3.4/33", "1.2.3", "1.2.3.4:443", " 1.2.3.4"])
def test_what_is_no_ipv4_network_holds_no_client(rule: str) -> None:
    assert network_of(rule) == ip_network("255.255.255.255/32")


def test_the_first_rule_that_covers_is_named() -> None:
    assert covered_by("1.2.3.4", ["9.9.9.9", "1.2.3.0/24", "1.2.3.4"]) == "1.2.3.0/24"
