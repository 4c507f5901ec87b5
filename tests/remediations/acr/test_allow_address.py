"""The cure for an address that the registry's firewall refuses, and every address that it must not let in."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.evidence import Evidence
from checks.model import Cause, CauseName, ClosedToPublic, DeniedAddress, Proof
from remediations.acr.allow_address import allow_address, public_address
from remediations.frame import Case
from remediations.model import Reason, Refusal, RuleChange
from remediations.policy_file import parse_policy
from tests.memory import START
from tests.worlds import ADDRESS, COLLEAGUE, DENIAL, permissive, set_to, unreadable

DENYING = set_to(denies_by_default=True, ip_rules=(COLLEAGUE,))
CASE = Case(
    registry="contoso",
    subject=DENIAL,
    proof=Proof.REGISTRY_LOG,
    cause=Cause(name=CauseName.FIREWALL_IP_DENIED, culprit=DeniedAddress(ADDRESS), saw="no rule covers it"),
    evidence=DENYING,
    policy=permissive(),
    now=START,
)
EVERYWHERE = """
version: 1
permits:
  - remediation: allow_address
    registries: ["*"]
    addresses: [{ranges}]
    lasts: 8h
"""


def reason(case: Case) -> Reason:
    planned = allow_address.plan(case)
    assert isinstance(planned, Refusal)
    return planned.reason


def refused(address: str) -> Case:
    return replace(
        CASE, cause=Cause(CauseName.FIREWALL_IP_DENIED, DeniedAddress(address), "no rule covers it")
    )


def seen(evidence: Evidence) -> Case:
    return replace(CASE, evidence=evidence)


def test_the_one_address_is_added_to_what_is_there_for_as_long_as_the_permit_says() -> None:
    assert allow_address.plan(CASE) == RuleChange(
        registry="contoso", before=(COLLEAGUE,), add=(ADDRESS,), until=START + timedelta(hours=8)
    )


def test_an_address_outside_every_approved_range_is_not_permitted() -> None:
    assert reason(refused("52.138.232.5")) is Reason.NOT_PERMITTED


def test_a_permit_for_another_registry_is_none_for_this() -> None:
    assert reason(replace(CASE, registry="fabrikam")) is Reason.NOT_PERMITTED


def test_an_address_that_only_a_text_claims_is_unproven() -> None:
    assert reason(replace(CASE, proof=Proof.CLAIMED)) is Reason.ADDRESS_UNPROVEN


@pytest.mark.parametrize("proof", [Proof.SAME_ADDRESS, Proof.REGISTRY_LOG])
def test_an_address_that_the_report_came_from_or_the_registry_logged_is_proven(proof: Proof) -> None:
    assert isinstance(allow_address.plan(replace(CASE, proof=proof)), RuleChange)


def test_a_permit_may_ask_for_more_proof_than_another() -> None:
    strict = EVERYWHERE.format(ranges="52.138.231.0/24") + "    proof: [registry_log]\n"
    case = replace(CASE, policy=parse_policy(strict, "policy.yaml"), proof=Proof.SAME_ADDRESS)
    assert reason(case) is Reason.ADDRESS_UNPROVEN


def test_a_permit_that_names_no_proof_asks_for_the_registrys_log_or_a_proven_job() -> None:
    policy = parse_policy(EVERYWHERE.format(ranges="52.138.231.0/24"), "policy.yaml")
    enough = [
        p for p in Proof if isinstance(allow_address.plan(replace(CASE, policy=policy, proof=p)), RuleChange)
    ]
    assert enough == [Proof.REGISTRY_LOG, Proof.VERIFIED_JOB]


def test_a_proven_job_is_enough_where_its_address_alone_would_be() -> None:
    for named, enough in (("same_address", True), ("registry_log", False), ("claimed", False)):
        policy = EVERYWHERE.format(ranges="52.138.231.0/24") + f"    proof: [{named}]\n"
        case = replace(CASE, policy=parse_policy(policy, "policy.yaml"), proof=Proof.VERIFIED_JOB)
        assert isinstance(allow_address.plan(case), RuleChange) is enough


@pytest.mark.parametrize("sku", ["Standard", "Basic", "Sku of 2030"])
def test_only_premium_has_network_rules(sku: str) -> None:
    assert reason(seen(set_to(DENYING, sku=sku))) is Reason.NOT_PREMIUM


@pytest.mark.parametrize("on", ["anonymous_pull", "admin_user"])
def test_where_the_network_is_the_only_guard_it_is_not_opened(on: str) -> None:
    assert reason(seen(set_to(DENYING, **{on: True}))) is Reason.ANONYMOUS_OR_ADMIN_ACCESS


def test_a_full_quota_of_rules_is_for_people() -> None:
    full = set_to(DENYING, ip_rules=tuple(f"20.0.0.{number}" for number in range(200)))
    assert reason(seen(full)) is Reason.RULE_QUOTA_FULL


def test_the_last_free_rule_may_be_used() -> None:
    nearly = set_to(DENYING, ip_rules=tuple(f"20.0.0.{number}" for number in range(199)))
    assert isinstance(allow_address.plan(seen(nearly)), RuleChange)


@pytest.mark.parametrize("part", ["settings", "usage"])
def test_without_the_settings_or_the_quota_nothing_is_planned(part: str) -> None:
    assert reason(seen(unreadable(part, DENYING))) is Reason.EVIDENCE_UNREADABLE


def test_what_is_no_address_is_not_let_in() -> None:
    odd = replace(CASE, cause=Cause(CauseName.FIREWALL_IP_DENIED, ClosedToPublic(), ""))
    assert reason(odd) is Reason.NO_REMEDIATION


NOT_PUBLIC = {
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    "carrier-grade NAT": ["100.64.0.0/10"],
    "documentation": ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"],
    "benchmarking": ["198.18.0.0/15"],
    "this network": ["0.0.0.0/8"],
    "loopback": ["127.0.0.0/8"],
    "link-local": ["169.254.0.0/16"],
    "6to4 relays": ["192.88.99.0/24"],
    "multicast": ["224.0.0.0/4"],
    "reserved": ["240.0.0.0/4"],
    "protocols": ["192.0.0.0/24"],
    "Azure's own virtual address": ["168.63.129.16/32"],
}
NETWORKS = {f"{kind} {text}": ip_network(text) for kind, texts in NOT_PUBLIC.items() for text in texts}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@given(data=st.data())
def test_no_address_of_a_special_network_may_be_named_by_a_rule(network: object, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=str(network)))
    refusal = public_address(str(address))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.ADDRESS_NOT_PUBLIC


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_neither_the_first_nor_the_last_address_of_a_special_network_may_be_named(network: object) -> None:
    edges = ip_network(str(network))
    for address in (edges[0], edges[-1]):
        assert isinstance(public_address(str(address)), Refusal)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.1.2.3", "10.1.2.3 is a private address"),
        ("192.168.0.1", "192.168.0.1 is a private address"),
        ("100.64.1.1", "100.64.1.1 is an address behind carrier-grade NAT"),
        ("203.0.113.9", "203.0.113.9 is kept for documentation"),
        ("198.18.0.1", "198.18.0.1 is kept for benchmarks"),
        ("127.0.0.1", "127.0.0.1 is a machine's own address"),
        ("169.254.169.254", "169.254.169.254 is a link-local address"),
        ("239.255.0.1", "239.255.0.1 is a multicast address"),
        ("255.255.255.255", "255.255.255.255 is kept for the future"),
        ("168.63.129.16", "168.63.129.16 is Azure's own address inside a virtual network"),
        ("192.0.0.9", "192.0.0.9 is kept for protocols"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888 is IPv6, which network rules cannot name"),
        (
            "52.138.231.5:443",
            "'52.138.231.5:443' is no address; a port or a list is not taken apart",
        ),
        (
            "52.138.231.5, 10.0.0.1",
            "'52.138.231.5, 10.0.0.1' is no address; a port or a list is not taken apart",
        ),
    ],
)
def test_each_kind_of_address_that_no_rule_may_name_is_refused_with_its_reason(text: str, why: str) -> None:
    assert public_address(text) == Refusal(Reason.ADDRESS_NOT_PUBLIC, why)


@given(st.ip_addresses(v=4))
def test_an_address_that_may_be_named_is_exactly_the_one_that_was_written(address: IPv4Address) -> None:
    answer = public_address(str(address))
    assert isinstance(answer, Refusal) or answer == address


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_may_be_named(address: object) -> None:
    assert isinstance(public_address(str(address)), Refusal)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 52.138.231.5",
        "52.138.231.5 ",
        "52.138.231.5\n",
        "52.138.231.5:443",
        "52.138.231.5/32",
        "52.138.231.0/24",
        "052.138.231.005",
        "52.138.231",
        "52.138.231.5.1",
        "52.138.231.256",
        "0x34.138.231.5",
        "881518341",
        "52.138.231.5,20.50.1.1",
        "52.138.231.5, 20.50.1.1",
        "::ffff:52.138.231.5",
        "2001:4860:4860::8888",
        "fe80::1%eth0",
        "\uff15\uff12.138.231.5",
        "52\u3002138.231.5",
        "example.com",
        "*",
    ],
)
def test_nothing_is_taken_apart_or_guessed_from_what_is_no_plain_address(text: str) -> None:
    refusal = public_address(text)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.ADDRESS_NOT_PUBLIC
    assert reason(refused(text)) is Reason.ADDRESS_NOT_PUBLIC


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(public_address(text), IPv4Address | Refusal)


def test_a_private_address_is_refused_even_where_a_policy_names_a_range_around_it() -> None:
    # 168.63.129.16 is public by every registry of addresses, and is Azure's own inside every virtual network.
    around = replace(
        refused("168.63.129.16"),
        policy=parse_policy(EVERYWHERE.format(ranges="168.63.128.0/20"), "policy.yaml"),
    )
    assert reason(around) is Reason.ADDRESS_NOT_PUBLIC
