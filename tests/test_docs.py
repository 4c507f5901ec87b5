"""Pages that are generated are what would be generated now, and a page that names a test names one that is there."""

import ast
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.catalog import checks
from checks.health import health
from checks.model import CauseName, Image
from checks.remarks import SOURCES
from scripts.causes import PAGE, page
from tests.examined import ASKED_OF, DENIED, ILL
from tests.worlds import CONTOSO

ROOT = Path(__file__).parents[1]
SAFETY = ROOT / "docs/safety.md"
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


def test_the_page_of_causes_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_cause_has_its_evidence_its_cure_and_its_source_there() -> None:
    sections = re.split(r"^## ", page(), flags=re.MULTILINE)[1:]
    causes = [one for one in sections if not one.startswith("worth knowing")]
    assert {re.split(r"[\n:]", one)[0] for one in causes} == {cause.value for cause in CauseName}
    for one in causes:
        assert "* **Evidence** " in one
        assert "**Cure** " in one
        assert "* **Source** <https://" in one
        assert "**What a person does** " in one
    for check in checks():
        assert page().count(f"### {check.name}\n") == 1


def test_what_medic_check_asks_is_said_to_be_asked_by_it_and_nothing_else() -> None:
    asked = {
        check.name
        for check in checks()
        if "`medic check`" in page().partition(f"### {check.name}\n")[2].partition("* **Evidence**")[0]
    }
    worlds = [world for ill in ILL.values() for world in (ill, replace(ill, challenge=DENIED))]
    subject = replace(ASKED_OF, image=Image("team/app", "v1"))
    seen = {line.check for world in worlds for line in health(CONTOSO, subject, world, checks()).lines}
    assert asked == seen & {check.name for check in checks()}


def test_everything_that_is_noted_has_its_reason_and_its_source_there() -> None:
    noted = set(re.findall(r"^\* \*\*(\w+)\*\* .* Source: <https://", page(), re.MULTILINE))
    assert noted == set(SOURCES)


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
