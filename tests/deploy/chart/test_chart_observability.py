"""Scraping, rules and the dashboard: what is in deploy/observability reaches the cluster as it is there."""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.chart.charts import CHART, ROOT, Refused, rendered, template

OBSERVABILITY = ROOT / "deploy/observability"


def test_the_service_monitor_finds_the_operations_service_only() -> None:
    """The public one has no metrics."""
    chart = rendered("production")
    spec = chart.one("ServiceMonitor")["spec"]
    found = [
        each["metadata"]["name"]
        for each in chart.all("Service")
        if spec["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    ]
    assert found == ["shop-gatecast-operations"]
    (endpoint,) = spec["endpoints"]
    assert endpoint["port"] in [each["name"] for each in chart.one("Service", "-operations")["spec"]["ports"]]
    assert endpoint["authorization"]["credentials"] == {"name": "scrape", "key": "key"}


def test_over_tls_the_scrape_speaks_tls() -> None:
    """By addresses of pods, which no certificate names."""
    (endpoint,) = rendered("keys").one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"] == {"insecureSkipVerify": True}


def test_the_rules_are_those_of_the_repository() -> None:
    """All groups of all files, and nothing of them is taken for a template of Helm."""
    groups = [
        group
        for path in sorted((OBSERVABILITY / "prometheus/rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    assert rendered("production").one("PrometheusRule")["spec"]["groups"] == groups
    assert "{{ $labels." in json.dumps(groups)


def test_the_dashboard_is_that_of_the_repository() -> None:
    """Under the label that Grafana's sidecar looks for, and within the size of a ConfigMap."""
    chart = rendered("production").one("ConfigMap", "-dashboard")
    assert chart["metadata"]["labels"]["grafana_dashboard"] == "1"
    files = sorted((OBSERVABILITY / "grafana/dashboards").glob("*.json"))
    assert chart["data"] == {path.name: path.read_text() for path in files}
    assert sum(map(len, chart["data"].values())) < 1 << 20


@pytest.mark.parametrize("value", ["rules", "dashboard"])
def test_a_checkout_without_links_is_refused(value: str, tmp_path: Path) -> None:
    """An empty PrometheusRule would look like one without alerts."""
    chart = tmp_path / "gatecast"
    shutil.copytree(CHART, chart, symlinks=True)
    for link in ("rules", "grafana"):
        target = os.readlink(chart / "files" / link)
        (chart / "files" / link).unlink()
        (chart / "files" / link).write_text(target)  # as git does where it makes no links
    with pytest.raises(Refused, match=f"metrics.{value}: .* symbolic links"):
        template("--set-json", f"metrics.{value}.enabled=true", chart=chart)


def test_rules_know_the_job_of_every_release() -> None:
    """They select by job=~".*gatecast.*"; the chart's label has that, whatever the release is called."""
    (endpoint,) = rendered("production").one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["relabelings"][0]["replacement"] == "gatecast/ml/shop-gatecast"
    rules = "".join(path.read_text() for path in (OBSERVABILITY / "prometheus/rules").glob("*.yml"))
    assert 'job=~".*gatecast.*"' in rules
