"""What lies around a message changes nothing: clocks, colours, markup, escapes, wraps, and length."""

import json
import random
import re
from time import process_time
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.intake.error_text import explain
from checks.intake.error_text.dialects import OTHERS_SAY
from checks.intake.error_text.operation import MARKERS
from checks.intake.error_text.reading import AROUND_A_SIGNPOST, FROM_THE_END, FROM_THE_START, SIGNPOSTS, read
from checks.intake.error_text.rules import RULES
from checks.model import CauseName
from tests.checks.intake.error_messages import messages

LOCK: Final = "unknown: The operation is disallowed on this registry, repository or image."
BLOCKED: Final = (
    "denied: client with IP '203.0.113.7' is not allowed access. "
    "Refer https://aka.ms/acr/firewall to grant access."
)
EVERYTHING_POSTED: Final = [*messages("dev"), *messages("more")]


@pytest.mark.parametrize(
    "text",
    [
        BLOCKED.replace("'", "\\u0027"),
        BLOCKED.replace("'", "\\\\u0027"),
        BLOCKED.replace("'", "&#39;"),
        BLOCKED.replace("'", "&amp;#39;"),
        BLOCKED.replace("'", "\u2019"),
        BLOCKED.replace("'", '\\"'),
        f'{{"errors":[{{"code":"DENIED","message":"{BLOCKED}"}}]}}',
        f'response={{\\"errors\\":[{{\\"code\\":\\"DENIED\\",\\"message\\":\\"{BLOCKED}\\"}}]}}',
        f"\x1b[31m{BLOCKED}\x1b[0m",
        BLOCKED.replace("client", "\x1b[1mclient\x1b[22m"),
        BLOCKED.replace(" ", "\n"),
        BLOCKED.replace("allowed", "allo\nwed"),
        BLOCKED.replace("203.0.113.7", "\n203.0.113.7"),
        BLOCKED.replace("203.0.113.7", "20\n3.0.113.7"),
        BLOCKED.replace("203.0.113.7", "203.0.113.\r\n2024-05-08T12:14:04.1234567Z 7"),
        BLOCKED.replace("203.0.113.7", "203.0.\x1b[31m113.7\x1b[0m"),
        BLOCKED.replace("IP", "I\nP").replace("is not", "is n\not"),
        BLOCKED.replace("203.0.113.7", "203.0.113.7:50123"),
        BLOCKED.replace("203.0.113.7", "::ffff:203.0.113.7"),
        f"read tcp 10.0.0.4:51234->52.1.2.3:443: read: connection reset by peer\n{BLOCKED}",
        f"lookup shop.azurecr.io on 10.0.0.53:53: no such host\n{BLOCKED}",
        "\x00".join(BLOCKED),
        json.dumps({"m": json.dumps({"m": json.dumps({"m": BLOCKED.replace("'", "\\u0027")})})}),
        BLOCKED.replace(" is not", "\r\n2024-05-08T12:14:04.1234567Z is not"),
        BLOCKED.replace(" is not", "\n#12 3.456 is not"),
        f"2024-05-08T12:14:04.1234567Z ##[error]{BLOCKED}",
        f"::error file=a.yml,line=1::{BLOCKED}",
        f"15:38:12 {BLOCKED}<br/>15:38:13 Build step failed",
        f"<td>{BLOCKED.replace('https://aka.ms/acr/firewall', '<https://aka.ms/acr/firewall>')}</td>",
        f"│ Error: {BLOCKED.replace('allowed', 'allowed\n│')}",
        f"> {BLOCKED}",
        f"`{BLOCKED}`",
        f"[ERROR] {BLOCKED}",
        BLOCKED.upper().replace("HTTPS://AKA.MS/ACR/FIREWALL", "https://aka.ms/acr/firewall"),
    ],
)
def test_a_refused_address_is_read_however_it_is_printed(text: str) -> None:
    answer = explain(text)
    assert (answer.cause, answer.client_ip) == (CauseName.FIREWALL_IP_DENIED, "203.0.113.7")


@pytest.mark.parametrize(
    "address",
    [
        "<your-device-IP>",
        "xx.xx.xxx.xxx",
        "XXX",
        "***",
        "203.0.113.***",
        "203.0.113.\n***",
        "203.0.113.7/32",
        "20.*.*.7:443",
        "203.0.113",
        "999.1.1.1",
        "<redacted>",
        "",
        "203.0.113.7.7",
        "fe80::%eth0",
        "a:b",
    ],
)
def test_a_masked_address_gives_the_cause_without_an_address(address: str) -> None:
    answer = explain(BLOCKED.replace("203.0.113.7", address))
    assert (answer.cause, answer.client_ip) == (CauseName.FIREWALL_IP_DENIED, None)


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7", "10.0.0.4"])
def test_an_address_of_either_family_is_given_as_the_service_named_it(address: str) -> None:
    assert explain(BLOCKED.replace("203.0.113.7", address)).client_ip == address
    assert explain(BLOCKED.replace("203.0.113.7", f"[{address}]:50123")).client_ip == address


@pytest.mark.parametrize(
    "text",
    [
        "write tcp 10.1.2.3:51234->20.61.97.128:443: write: broken pipe",
        "lookup shop.azurecr.io on 203.0.113.53:53: no such host",
        "dial tcp 20.61.97.128:443: i/o timeout",
        "DNS lookup to shop.azurecr.io at IP 20.61.97.128 : OK",
    ],
)
def test_a_socket_or_a_resolver_is_nobody_who_was_refused(text: str) -> None:
    assert explain(text).client_ip is None


NOISE: Final = (
    "Pulling fs layer is not what this is",
    "Preparing",
    "5f70bf18a086: Waiting",
    "##[section]Starting: Push an image",
    "+ set -e",
    "total 44K",
    "[INFO] ------------------------------------------------------------------------",
)


def _as_a_pipeline_prints_it(text: str) -> str:
    return "\n".join(f"2024-05-08T12:14:04.1234567Z \x1b[36m{line}\x1b[0m" for line in text.split("\n"))


@pytest.mark.parametrize("message", EVERYTHING_POSTED)
def test_clocks_and_colours_change_no_cause_and_no_address(message: object) -> None:
    text: str = getattr(message, "text")  # noqa: B009
    plain, decorated = explain(text), explain(_as_a_pipeline_prints_it(text))
    assert (plain.cause, plain.client_ip) == (decorated.cause, decorated.client_ip)


@pytest.mark.parametrize(
    "message", [each for each in EVERYTHING_POSTED if CauseName.LOCKED not in each.right]
)
def test_no_noise_turns_anything_into_a_lock(message: object) -> None:
    text: str = getattr(message, "text")  # noqa: B009
    assert explain("\n".join((*NOISE, text, *NOISE))).cause is not CauseName.LOCKED


@given(text=st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_has_an_answer(text: str) -> None:
    assert 0 <= explain(text).confidence <= 1


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                "client with IP '",
                "203.0.113.7",
                "::1",
                "' is not allowed access",
                " ",
                "\n",
                "\\u0027",
                "é",
                ".",
            ]
        ),
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_an_address_is_a_real_one_or_none(pieces: list[str]) -> None:
    assert explain("".join(pieces)).client_ip in {None, "203.0.113.7", "::1"}


@given(
    pieces=st.lists(
        st.sampled_from([*(m.text for m in EVERYTHING_POSTED[:60]), *NOISE, "\x1b[", "{", "\\"]), max_size=4
    )
)
@settings(max_examples=60, deadline=None)
def test_messages_in_any_company_have_an_answer(pieces: list[str]) -> None:
    answer = explain("\n".join(pieces))
    assert answer.cause not in answer.alternatives


HOSTILE: Final = (
    "a", "[", "<", "{", "(", "\\", "*", "\x1b[", "\x1b]", "&amp;", "\\u00", "https://", "a.", "a-", "x.azurecr.io/",
    "docker push -a ", "client with ip ", "registry ", "manifest ", "repository%3a", "lookup ", "error code of is ",
    "${a}", "[a]", "<b>", "sha256:", "\n", "#1 ", "2024-01-01T00:00:00Z ", "operation is ", "key vault ", "\u0130", "@",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_of_a_text_of_any_length_only_so_much_is_read(unit: str) -> None:
    most = FROM_THE_START + FROM_THE_END + 2 * AROUND_A_SIGNPOST * len(SIGNPOSTS) + 100
    text = unit * (2_000_000 // len(unit))
    reading = read(text)
    assert len(reading.words) <= most
    assert len(reading.words) == len(reading.low)
    assert reading.left_out >= len(text) - most


def test_ten_million_characters_have_an_answer() -> None:
    log = "Step 4/9 : RUN make all the things\n" * 300_000
    assert explain(f"{log}{LOCK}\n").cause is CauseName.LOCKED
    assert explain(f"{log}{BLOCKED}\n{log}").client_ip == "203.0.113.7"


def _seconds(text: str) -> float:
    times = []
    for _ in range(3):
        start = process_time()
        explain(text)
        times.append(process_time() - start)
    return min(times)


@pytest.mark.parametrize("unit", random.Random(3).sample(HOSTILE, 8))
def test_four_times_the_text_takes_nothing_like_sixteen_times_as_long(unit: str) -> None:
    short, long = unit * (5_000 // len(unit)), unit * (20_000 // len(unit))
    assert _seconds(long) < 10 * _seconds(short) + 0.05


AT_ONCE: Final = 2.0
"""Seconds that no text of some 10 000 characters comes near; it takes a twentieth of one."""


@pytest.mark.parametrize("letter", "aZ0é#$*_-.:/@%&=+~^|!?,;<>()[]{}'\"\\")
def test_a_line_of_one_letter_again_and_again_is_no_work(letter: str) -> None:
    start = process_time()
    explain(letter * 4_000 + f"{letter * 190} " * 20 + f"https://{letter * 190} " * 10)
    assert process_time() - start < AT_ONCE


@given(unit=st.lists(st.sampled_from([*HOSTILE, "#", "a" * 63, "#" * 63, "$", "-"]), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_nothing_hostile_in_any_company_is_much_work(unit: list[str]) -> None:
    repeated = "".join(unit)
    start = process_time()
    explain(repeated * (10_000 // len(repeated)))
    assert process_time() - start < AT_ONCE


_UNBOUNDED: Final = re.compile(r"(?<!\\)(?:\\\\)*(?:\*|\+|\{\d*,\})")
_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])+\]")


def test_no_pattern_can_look_further_than_it_says() -> None:
    patterns = [
        *(rule.pattern for rule in RULES),
        *(marker.pattern for marker in MARKERS),
        *(said for _, said in OTHERS_SAY),
    ]
    without_classes = [_CLASS.sub("_", pattern.pattern) for pattern in patterns]
    assert [pattern for pattern in without_classes if _UNBOUNDED.search(pattern)] == []


def test_every_rule_and_every_marker_says_why() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert all(rule.why and rule.cause not in rule.alternatives for rule in RULES)
    assert all(marker.why for marker in MARKERS)
