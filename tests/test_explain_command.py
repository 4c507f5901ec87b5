"""`medic explain` says what the classifier says, of whatever a file or standard input holds."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import medic
from checks.intake.advice import ADVICE
from checks.intake.error_text import explain

TEXT = """docker push shop.azurecr.io/team/web:1.2
denied: client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.
"""


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    return tmp_path / "printed.txt"


def as_json(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def expected(text: str) -> dict[str, Any]:
    said = explain(text)
    return {
        "cause": said.cause.value,
        "alternatives": [other.value for other in said.alternatives],
        "registry": said.registry,
        "repository": said.repository,
        "tag": said.tag,
        "digest": said.digest,
        "client_ip": said.client_ip,
        "confidence": said.confidence,
        "advice": ADVICE[said.cause],
    }


def test_a_text_is_explained_in_words(printed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed.write_text(TEXT)
    assert medic.main(["explain", str(printed)]) == 0
    said = capsys.readouterr().out
    for words in ("firewall_ip_denied  (or public_access_disabled)", "90%", "shop.azurecr.io", "203.0.113.7"):
        assert words in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_file_is_explained_as_its_text_is_however_a_console_wrote_it(
    encoding: str, printed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed.write_text(TEXT, encoding=encoding, newline="\r\n")
    assert medic.main(["explain", "--json", str(printed)]) == 0
    assert as_json(capsys) == [expected(TEXT)]


def test_standard_input_is_explained_as_a_file_is() -> None:
    command = [sys.executable, medic.__file__, "explain", "--json"]
    answer = subprocess.run(command, input=TEXT.encode(), capture_output=True, check=True)
    assert json.loads(answer.stdout) == expected(TEXT)


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"7",
        b'{"id": 1}',
        b'{"id": 1, "text": 7}',
        b"\xff",
        b"[" * 200_000,
        b'{"id": 1, "text": "\\ud800"}',
    ],
)
def test_a_line_that_cannot_be_read_says_so_in_its_place_and_costs_no_other(
    broken: bytes, printed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"id": "a", "text": TEXT}).encode()
    printed.write_bytes(b"\xef\xbb\xbf" + b"\n".join((good, broken, b"", good)))
    assert medic.main(["explain", "--jsonl", str(printed)]) == medic.WRONG_INPUT
    first, wrong, last = as_json(capsys)
    assert first == last == {"id": "a", **expected(TEXT)}
    assert (wrong["id"], wrong["error"][:7]) == (None, "line 2:")
