"""The bot's KQL before Kusto's own parser, which knows the two tables' columns and their types."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from checks.adapters.log_analytics import failures_of
from tests.local_azure.monitor import TABLES
from tests.worlds import CONTOSO

HERE: Final = Path(__file__).parent
SCHEMA: Final = HERE.parent / "fixtures" / "acr" / "03_SCHEMA_log_analytics_tables.json"
FAILURES: Final = failures_of([CONTOSO])


def tables() -> dict[str, dict[str, str]]:
    """The tables as Azure's reference describes them."""
    documented = json.loads(SCHEMA.read_text())
    return {name: columns for name, columns in documented.items() if not name.startswith("_")}


@cache
def judged(query: str) -> dict[str, Any]:
    asked = json.dumps({"tables": tables(), "queries": [query]})
    answer = subprocess.run(
        ["node", str(HERE / "kusto.cjs")], input=asked, capture_output=True, text=True, check=True
    )
    [found] = json.loads(answer.stdout)
    return dict(found)


def test_the_question_for_failures_is_right_to_the_last_column() -> None:
    assert judged(FAILURES)["problems"] == []
    assert judged(FAILURES)["columns"] == [
        ["TimeGenerated", "datetime"],
        ["Category", "string"],
        ["OperationName", "string"],
        ["ResultDescription", "string"],
        ["CorrelationId", "string"],
        ["CallerIpAddress", "string"],
        ["Identity", "string"],
        ["_ResourceId", "string"],
        ["Repository", "string"],
        ["Tag", "string"],
        ["Digest", "string"],
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("Repository, Tag, Digest)", "Repositry, Tag, Digest)", "KS142"),
        ("toint(ResultDescription)", "ResultDescription", "KS106"),
        ("ContainerRegistryLoginEvents", "ContainerRegistryLogins", "KS204"),
        ("toint(", "to_int(", "KS211"),
    ],
)
def test_the_parser_sees_a_wrong_column_type_table_or_function(right: str, wrong: str, problem: str) -> None:
    problems = judged(FAILURES.replace(right, wrong))["problems"]
    assert problem in {said.split()[0] for said in problems}


def test_the_local_azures_tables_are_those_of_the_reference() -> None:
    assert tables() == TABLES
