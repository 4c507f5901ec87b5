"""The alerts and the workbook ask for what the app really logs."""

import ast
import json
import re
from collections import defaultdict

from tests.host.worker import FakeHost
from tests.infra.deployment import INFRA, Deployment


def logged() -> dict[str, set[str]]:
    """What each of the app's log lines says."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    for node in ast.walk(ast.parse((INFRA.parent / "function_app.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_log":
            what = ast.literal_eval(node.args[0])
            said[what] |= {str(keyword.arg) for keyword in node.keywords}
    return said


def queries(everything: Deployment) -> list[str]:
    """Everything that is asked of the app's telemetry."""
    alerts = everything.made("Microsoft.Insights/scheduledQueryRules")
    asked = [one.body["properties"]["criteria"]["allOf"][0]["query"] for one in alerts]
    workbook = json.loads(
        everything.only("Microsoft.Insights/workbooks").body["properties"]["serializedData"]
    )
    return asked + [item["content"]["query"] for item in workbook["items"] if item["type"] == 3]


def test_every_function_that_is_asked_about_is_there(everything: Deployment, worker: FakeHost) -> None:
    asked = {name for query in queries(everything) for name in re.findall(r'name == "(\w+)"', query)}
    assert asked
    assert asked <= set(worker.functions)


def test_every_log_line_that_is_asked_about_is_written(everything: Deployment) -> None:
    for query in queries(everything):
        lines = set(re.findall(r'"(\w+)"', "".join(re.findall(r"said\.ev (?:==|in) (\(?[^|)]+)", query))))
        fields = set(re.findall(r"said\.(\w+)", query)) - {"ev"}
        for line in lines:
            missing = fields - logged()[line]
            assert not missing, query


def test_the_bots_silence_is_heard_sooner_than_it_matters(everything: Deployment) -> None:
    (silence,) = (
        one.body["properties"]
        for one in everything.made("Microsoft.Insights/scheduledQueryRules")
        if "silent" in one.name
    )
    (asked,) = silence["criteria"]["allOf"]
    assert (asked["operator"], asked["threshold"], silence["windowSize"]) == ("LessThan", 1, "PT15M")
    # An empty answer would be no answer: the query must give a row even if nothing was found.
    assert asked["query"].endswith("summarize found = count()")


def test_every_topic_has_somebody_who_hears_of_its_dead_letters(everything: Deployment) -> None:
    topics = {
        one.id
        for kind in ("Microsoft.EventGrid/topics", "Microsoft.EventGrid/systemTopics")
        for one in everything.made(kind)
    }
    watched = [
        one.body["properties"]["scopes"][0] for one in everything.made("Microsoft.Insights/metricAlerts")
    ]
    assert set(watched) == topics
    assert len(watched) == 2 * len(topics)


def test_people_are_told_by_a_way_that_does_not_lead_through_the_bot(everything: Deployment) -> None:
    group = everything.only("Microsoft.Insights/actionGroups").body["properties"]
    assert [one["emailAddress"] for one in group["emailReceivers"]] == ["oncall@contoso.com"]


def test_no_telemetry_that_an_alert_counts_is_left_out_by_sampling(everything: Deployment) -> None:
    host = json.loads((INFRA.parent / "host.json").read_text())
    kept = host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";")
    tables = {query.partition(" ")[0] for query in queries(everything)}
    assert {table.removesuffix("s").capitalize() for table in tables} <= set(kept)


def test_the_page_for_operators_says_what_each_alert_means(everything: Deployment) -> None:
    rules = [one.name for one in everything.made("Microsoft.Insights/scheduledQueryRules")]
    metrics = [one.name.split(" ")[0] for one in everything.made("Microsoft.Insights/metricAlerts")]
    page = (INFRA.parent / "docs/operations.md").read_text()
    table = page.partition("\n## What an alert means\n")[2].partition("\n## ")[0]
    assert {*rules, *metrics} == set(re.findall(r"\*([^*|]+)\*", table))
