"""The pages say what is so: generated ones are current, and what others name is there."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.health import Health, Line, Mark
from medic import HEALTH_STATUS, INTERRUPTED, WRONG_INPUT, main
from remediations.model import Reason
from remediations.policy_file import parse_policy, policy_schema
from scripts import costs, policy_page

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/*.md", "infra/*.md", "integrations/*.md")
    for page in ROOT.glob(pattern)
)
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize(
    ("page", "generated"),
    [
        (policy_page.PAGE, policy_page.page),
        (costs.PAGE, costs.page),
    ],
)
def test_a_generated_page_is_current(page: Path, generated: Callable[[], str]) -> None:
    assert page.read_text(encoding="utf-8") == generated(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """What a link may name in a page: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_ours_that_a_page_names_is_there(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^|/|\| |&& )medic ([a-z]+)", text, re.MULTILINE)) <= known
    assert set(re.findall(r"(?:`|^)make ([a-z0-9]+)", text, re.MULTILINE)) <= targets


def test_every_notice_that_people_get_is_explained() -> None:
    tree = ast.parse((ROOT / "remediations/notices.py").read_text())
    constants = {
        node.target.id: node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value
    }
    given = [
        constants.get(keyword.value.id, keyword.value)
        if isinstance(keyword.value, ast.Name)
        else keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "step"
    ]
    steps = {re.split(r"-?\{", ast.unparse(step).lstrip("f").strip("'\""))[0] for step in given}
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", section("What a notice means"), re.MULTILINE))
    assert steps
    assert steps - explained == set()


def test_every_reason_that_people_are_told_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", section("Why it was left to you")))
    assert {reason.value for reason in Reason} - explained == set()


@pytest.mark.parametrize("kind", policy_page.EXAMPLES)
def test_every_example_of_the_policy_is_a_policy(kind: str) -> None:
    parse_policy(f"version: 1\n{policy_page.EXAMPLES[kind]}", kind)


def test_every_key_of_the_policy_stands_on_its_page() -> None:
    page = policy_page.page()
    for name, kind in policy_schema()["$defs"].items():
        part = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert part, name
        assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == set(kind.get("properties", ()))


def test_costs_are_added_up_from_what_is_shown() -> None:
    for part in costs.page().split("\n## ")[2:-1]:
        *shown, together = re.findall(r"\| \**([\d.]+)\** \|$", part, re.MULTILINE)
        assert sum(round(100 * float(one)) for one in shown) == round(100 * float(together)), part


def test_every_field_of_the_json_of_an_examination_is_explained_and_every_status() -> None:
    page = (ROOT / "docs/check.md").read_text(encoding="utf-8")
    of_lines = {f"lines[].{name}" for name in Line.__struct_fields__}
    explained = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
        for name in re.findall(r"`(.+?)`", row)
    }
    assert explained == {"healthy", *Health.__struct_fields__} | of_lines
    assert {f"`{mark.value}`" for mark in Mark} <= set(re.findall(r"`\w+`", page))
    told = {int(status) for status in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert told == {*HEALTH_STATUS.values(), WRONG_INPUT, INTERRUPTED}


def section(heading: str) -> str:
    """A section of the page for operators."""
    return OPERATIONS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
