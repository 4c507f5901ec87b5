"""The templates themselves: they can be read, they explain themselves, and they are at home in any cloud."""

import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_bicep

from tests.infra.deployment import INFRA, templates
from tests.infra.syntax import read

SHARED_TYPES = INFRA.parents[1] / "shared/bicep-types"
EVERY = pytest.mark.parametrize("template", templates(), ids=lambda path: path.stem)


@EVERY
def test_a_template_has_no_syntax_error(template: Path) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    assert _wrong(parser.parse(template.read_bytes()).root_node) == []


def _wrong(node: tree_sitter.Node) -> list[str]:
    here = [f"{node.start_point.row + 1}:{node.start_point.column + 1}"]
    return (here if node.is_error or node.is_missing else []) + [
        at for child in node.children for at in _wrong(child)
    ]


@EVERY
def test_a_template_says_first_what_it_is_for(template: Path) -> None:
    assert template.read_text().startswith("// ")


@EVERY
def test_every_parameter_says_what_it_is(template: Path) -> None:
    given = read(template.read_text()).of("param").values()
    assert [one.name for one in given if "description" not in one.decorators] == []


def test_every_template_is_used() -> None:
    used = {
        (template.parent / one.type).resolve()
        for template in templates()
        for one in read(template.read_text()).of("module").values()
    }
    assert set(templates()) - used == {INFRA / "main.bicep"}


def test_the_parameter_file_gives_every_parameter_but_those_for_experts() -> None:
    known = set(read((INFRA / "main.bicep").read_text()).of("param"))
    given = set(read((INFRA / "main.bicepparam").read_text()).of("param"))
    assert known - given == {"tags", "cloud"}


def variables() -> set[str]:
    """What the parameter file reads from azd's environment or from the shell's."""
    text = (INFRA / "main.bicepparam").read_text()
    return set(re.findall(r"readEnvironmentVariable\('(\w+)'", text))


def test_the_page_on_installing_explains_every_variable_and_no_other() -> None:
    page = (INFRA.parent / "docs/install.md").read_text()
    table = page.partition("## What to choose")[2].partition("\n\n## ")[0]
    explained = {
        name for row in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", row.split(" | ")[0])
    }
    given_once = {
        "PUSH_MEDIC_TEAMS_URL",
        "PUSH_MEDIC_DEVOPS_TOKEN",
        "PUSH_MEDIC_SERVICENOW_PASSWORD",
        "PUSH_MEDIC_JIRA_TOKEN",
        "PUSH_MEDIC_GITHUB_TOKEN",
        "PUSH_MEDIC_PAGERDUTY_KEY",
        "PUSH_MEDIC_SMTP_PASSWORD",
        "PUSH_MEDIC_EMAIL_KEY",
        "PUSH_MEDIC_FORM_KEY",
    }
    assert explained == variables() - given_once - {"PUSH_MEDIC_CONNECT_EVENTS"}


def test_no_output_overwrites_an_answer_in_azds_environment() -> None:
    assert not variables() & set(read((INFRA / "main.bicep").read_text()).of("output"))


@EVERY
@pytest.mark.parametrize(
    "tied",
    [r"azurecr\.", r"windows\.net", r"azure\.com", r"microsoftonline", r"\b(west|east|north)\w*europe\b"],
)
def test_no_template_is_tied_to_a_cloud_or_a_region(template: Path, tied: str) -> None:
    code = re.sub(r"(?m)(^|\s)//.*$", "", template.read_text())
    # The schema of a nested template is an identifier, the same in every cloud.
    assert re.findall(tied, code.replace("https://schema.management.azure.com/", "")) == []


def test_every_type_and_version_exists() -> None:
    if not SHARED_TYPES.is_dir():
        pytest.skip("the Bicep types are not beside this checkout")
    # The types hold no networks and no resource groups.
    typed = [template for template in templates() if template.parent.name != "untyped"]
    for one in (one for template in typed for one in read(template.read_text()).of("resource").values()):
        kind, _, version = one.type.partition("@")
        file = SHARED_TYPES / kind.split("/")[0].lower() / version / "types.json"
        assert file.exists(), one.type
        assert f'"{one.type.lower()}"' in file.read_text().lower(), one.type


@EVERY
def test_an_assignment_is_named_by_whom_it_is_for(template: Path) -> None:
    # Azure refuses to hand an assignment on to another principal, which every identity is that is made again.
    assignments = template.read_text().split("'Microsoft.Authorization/roleAssignments@")[1:]
    names = [re.findall(r"name: guid\((.+)\)", one)[0] for one in assignments]
    assert [name for name in names if "rincipalId" not in name] == []
