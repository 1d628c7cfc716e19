"""The rules: their form, the words of the alerts, and promtool's tests of when they fire."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from live import CONFIGURATION, ROOT

CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))
# labels of what is scraped, which stand in the result of an alert that does not aggregate
SCRAPED = {"job", "instance"}


def promtool(*arguments: object) -> str:
    """Run promtool; return what it says. Fails if it finds a fault."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def headings(text: str) -> set[str]:
    """The anchors of a Markdown file's headings."""
    return {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@pytest.fixture(scope="session")
def alerts(rules) -> list[dict[str, Any]]:
    return [rule for rule in rules if "alert" in rule]


def test_promtool_finds_no_fault_in_configuration_and_rules():
    assert "SUCCESS" in promtool("check", "config", CONFIGURATION / "prometheus.yml")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(case):
    assert "SUCCESS" in promtool("test", "rules", case)


def test_every_alert_is_seen_firing_and_not_firing(alerts):
    seen: dict[str, set[bool]] = {}
    for case in CASES:
        for test in yaml.safe_load(case.read_text())["tests"]:
            for check in test["promql_expr_test"]:
                name = re.search(r'alertname="(\w+)"', check["expr"])[1]
                seen.setdefault(name, set()).add(bool(check["exp_samples"]))
    assert {name for name, both in seen.items() if both == {True, False}} == {alert["alert"] for alert in alerts}


def test_every_alert_says_what_happened_and_what_to_do(alerts):
    for alert in alerts:
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}, alert["alert"]
        assert set(alert["annotations"]) == {"summary", "description", "runbook"}, alert["alert"]
        assert len(alert["annotations"]["description"].split()) >= 20, alert["alert"]


def test_every_alert_has_a_section_in_the_runbook(alerts):
    anchors = headings((ROOT / "docs/alerts.md").read_text())
    for alert in alerts:
        assert alert["annotations"]["runbook"] == f"docs/alerts.md#{alert['alert'].lower()}"
    assert {alert["alert"].lower() for alert in alerts} <= anchors


def test_words_name_only_labels_that_the_alert_has(alerts):
    for alert in alerts:
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values())))
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", alert["expr"]))))
        recorded = (
            {"job"}
            if "job:" in alert["expr"]
            else {"job", "model", "version"}
            if "job_model_version:" in alert["expr"]
            else set()
        )
        assert named <= (kept | recorded or SCRAPED), alert["alert"]


def test_objectives_are_numbers_in_one_place(rules):
    budgets = [rule["record"] for rule in rules if "budget" in rule.get("record", "")]
    assert budgets == ["gatecast:error_budget:ratio", "gatecast:refusal_budget:ratio", "gatecast:slow_budget:ratio"]
    assert all(re.fullmatch(r"vector\(0\.\d+\)", rule["expr"]) for rule in rules if "budget" in rule.get("record", ""))
