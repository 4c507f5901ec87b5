"""The classifier against every message and every client run that we have."""

from typing import Final

import pytest

from checks.intake.error_text import Explanation, explain
from checks.model import CauseName
from tests.checks.intake.error_messages import Message, Printed, messages, printed

DANGEROUS: Final = frozenset({CauseName.LOCKED, CauseName.STORAGE_LIMIT, CauseName.FIREWALL_IP_DENIED})
"""Causes that have a cure: who is taken for one of them wrongly is mended wrongly."""

CORPORA: Final = ("dev", "more")
EVERY_MESSAGE: Final = [message for name in CORPORA for message in messages(name)]
EVERY_RUN: Final = printed()


@pytest.mark.parametrize("message", EVERY_MESSAGE)
def test_every_posted_message_is_understood(message: Message) -> None:
    assert explain(message.text).cause in message.right


@pytest.mark.parametrize("message", EVERY_MESSAGE)
def test_no_message_is_taken_for_something_curable_that_is_something_else(message: Message) -> None:
    cause = explain(message.text).cause
    assert cause not in DANGEROUS or cause in message.right


@pytest.mark.parametrize("name", CORPORA)
def test_what_a_message_names_is_found(name: str) -> None:
    expected = [
        (message, name, value) for message in messages(name) for name, value in message.expectations().items()
    ]
    missed = [
        (message.text[:80], name, value, getattr(explain(message.text), name))
        for message, name, value in expected
        if getattr(explain(message.text), name) != value
    ]
    assert len(missed) <= 0.03 * len(expected), missed


@pytest.mark.parametrize("message", EVERY_MESSAGE)
def test_an_address_is_given_only_where_the_service_named_it(message: Message) -> None:
    expected = message.expectations().get("client_ip")
    assert explain(message.text).client_ip == expected


WHAT_A_FAULT_MAY_BE_CALLED: Final = {
    "403-html": {CauseName.PERMISSION_DENIED, CauseName.PROXY_ERROR},
    "405-empty": {CauseName.LOCKED},
    "429-all": {CauseName.THROTTLED},
    "429-manifest": {CauseName.THROTTLED},
    "500-manifest": {CauseName.SERVER_ERROR},
    "503-html": {CauseName.SERVER_ERROR},
    "auth-basic401": {CauseName.AUTHENTICATION_REQUIRED, CauseName.AUTHENTICATION_FAILED},
    "auth-nopush": {CauseName.AUTHENTICATION_REQUIRED, CauseName.PERMISSION_DENIED},
    "auth-token401": {CauseName.AUTHENTICATION_REQUIRED, CauseName.AUTHENTICATION_FAILED},
    "blackhole": {CauseName.CONNECTIVITY_TIMEOUT},
    "dns": {CauseName.DNS_FAILURE},
    "fw-token": {CauseName.FIREWALL_IP_DENIED, CauseName.PERMISSION_DENIED},
    "fw-token-nested": {CauseName.FIREWALL_IP_DENIED, CauseName.PERMISSION_DENIED},
    "fw-v2": {CauseName.FIREWALL_IP_DENIED, CauseName.PERMISSION_DENIED},
    "lock405": {CauseName.LOCKED},
    "lock405-regdis": {CauseName.LOCKED},
    "lock405-upload": {CauseName.LOCKED},
    "no-answer": {CauseName.CONNECTIVITY_TIMEOUT},
    "ok": set[CauseName](),
    "quota403-upload": {CauseName.STORAGE_LIMIT, CauseName.PERMISSION_DENIED},
    "refused": {CauseName.CONNECTION_REFUSED_OR_RESET},
    "reset-upload": {CauseName.CONNECTION_REFUSED_OR_RESET},
    "tls-selfsigned": {CauseName.TLS_ERROR},
}
"""The fault that the server had, and what may be said of it where a client lost the text of the answer."""

A_CLIENT_THAT_HIDES_THE_ANSWER: Final = CauseName.AUTHENTICATION_REQUIRED
"""oras-py answers every failed token request with advice to log in."""


@pytest.mark.parametrize("run", EVERY_RUN, ids=lambda run: f"{run.fault}-{run.client}")
def test_what_a_real_client_prints_is_understood_or_not_guessed(run: Printed) -> None:
    allowed = WHAT_A_FAULT_MAY_BE_CALLED[run.fault] | {CauseName.UNKNOWN}
    if run.client.startswith("oras-py") and run.fault.startswith("fw-token"):
        allowed |= {A_CLIENT_THAT_HIDES_THE_ANSWER}
    assert explain(run.text).cause in allowed


@pytest.mark.parametrize("fault", ["lock405", "lock405-regdis", "lock405-upload"])
def test_every_client_that_prints_a_lock_is_understood(fault: str) -> None:
    runs = [run for run in EVERY_RUN if run.fault == fault and run.exit == "1"]
    assert {explain(run.text).cause for run in runs} == {CauseName.LOCKED}
    assert all(CauseName.STORAGE_LIMIT in explain(run.text).alternatives for run in runs)


def test_every_client_that_prints_a_refused_address_is_understood() -> None:
    runs = [run for run in EVERY_RUN if run.fault.startswith("fw-") and "is not allowed access" in run.text]
    assert len(runs) >= 10
    assert {explain(run.text).cause for run in runs} == {CauseName.FIREWALL_IP_DENIED}
    assert {explain(run.text).client_ip for run in runs} == {"203.0.113.7"}


@pytest.mark.parametrize(
    "run", [run for run in EVERY_RUN if run.exit == "0"], ids=lambda run: f"{run.fault}-{run.client}"
)
def test_a_run_that_succeeded_has_no_cause(run: Printed) -> None:
    assert explain(run.text).cause is CauseName.UNKNOWN


def test_no_text_says_nothing() -> None:
    assert explain("") == Explanation(cause=CauseName.UNKNOWN, confidence=0.3)
