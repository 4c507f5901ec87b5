"""Pages that are generated are what would be generated now, and a page that names a test names one that is there."""

import ast
import re
from pathlib import Path

import pytest

from scripts.causes import PAGE, page

ROOT = Path(__file__).parents[1]
SAFETY = ROOT / "docs/safety.md"
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


def test_the_page_of_causes_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("named", sorted(set(NAMED.findall(SAFETY.read_text(encoding="utf-8")))))
def test_every_test_that_a_promise_names_is_there(named: tuple[str, str]) -> None:
    file, test = named
    assert test in functions_of(file)


def test_every_promise_names_a_test() -> None:
    rows = [line for line in SAFETY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise")]
    assert len(promises) > 20
    assert [row for row in promises if not NAMED.search(row)] == []
