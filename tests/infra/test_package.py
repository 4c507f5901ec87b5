"""What is deployed holds everything that the app needs, and nothing of what is around it."""

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

from tests.infra.deployment import INFRA

ROOT = INFRA.parent
READ_AT_RUN_TIME = {"host.json", "requirements.txt", "policy.yaml", "policy.example.yaml"}


def is_shipped(path: Path) -> bool:
    """Whether azd and Core Tools would put a file of the project into the package."""
    ignored = [line for line in (ROOT / ".funcignore").read_text().splitlines() if line]
    parts = path.relative_to(ROOT).parts
    return not any(fnmatchcase(part, pattern) for part in parts for pattern in ignored)


def imported() -> set[str]:
    """The modules and packages of the root that the app is made of."""
    found = {"function_app"}
    todo = [ROOT / "function_app.py"]
    while todo:
        for node in ast.walk(ast.parse(todo.pop().read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in {name.partition(".")[0] for name in names} - found:
                if (ROOT / f"{name}.py").exists():
                    todo.append(ROOT / f"{name}.py")
                    found.add(name)
                elif (ROOT / name / "__init__.py").exists():
                    found.add(name)
    return found


def needed() -> set[Path]:
    """Every file without which the app would not run, templates of pages and mails included."""
    files = {ROOT / name for name in READ_AT_RUN_TIME}
    for name in imported():
        of_package = {one for one in (ROOT / name).rglob("*") if one.is_file()}
        files |= of_package or {ROOT / f"{name}.py"}
    return {file for file in files if "__pycache__" not in file.parts}


def test_what_the_app_needs_is_shipped() -> None:
    assert {"composition", "parts", "settings", "checks", "remediations"} <= imported()
    assert [str(file) for file in sorted(needed()) if not is_shipped(file)] == []


def test_what_is_around_the_app_stays_at_home() -> None:
    around = ("tests", "infra", "docs", "bench", "demo", "scripts", "node_modules", ".venv", ".azure", ".git")
    files = (
        "README.md",
        "azure.yaml",
        "Makefile",
        "local.settings.json",
        "requirements-dev.txt",
        "app.zip",
        "medic.env",
    )
    assert [name for name in (*around, *files) if is_shipped(ROOT / name)] == []


def test_a_package_made_by_hand_holds_the_same() -> None:
    page = (ROOT / "docs/install.md").read_text()
    command = page.partition("zip --quiet --recurse-paths app.zip ")[2].partition("--exclude")[0]
    given = re.sub(r"\\\n", " ", command).split()
    roots = {file.relative_to(ROOT).parts[0] for file in needed()}
    assert {root for root in roots if not any(fnmatchcase(root, one) for one in given)} == set()
    assert {one for one in given if not any(fnmatchcase(root, one) for root in roots)} == set()
