"""Every expression of the dashboard and of the rules, on a Prometheus that has scraped a live service."""

import math
import re

from tests.deploy.observability.live import Prometheus, until
from tests.deploy.observability.queries import SELECTOR, chosen, expressions_of, fill, panels_of

# what may be without data by its nature, and why
MAY_BE_EMPTY = {
    "ALERTS{": "nothing fires while all is well",
    "changes(process_start_time_seconds": "nothing has started since Prometheus looks",
    "changes(gatecast_reloads_total": "nothing was reloaded",
    "gatecast_traces_dropped_total": "only where traces are sent",
    "gatecast_memory_used_bytes": "only a container with a limit of memory has it",
    "gatecast_memory_limit_bytes": "only a container with a limit of memory has it",
}


def firing(prometheus: Prometheus) -> dict[str, dict[str, str]]:
    """The annotations of all alerts that fire now, by name."""
    return {alert["labels"]["alertname"]: alert["annotations"] for alert in prometheus.ask("alerts")["alerts"]}


def is_excused(expr: str) -> bool:
    return any(part in expr for part in MAY_BE_EMPTY)


def test_the_variables_offer_what_is_there(prometheus, dashboard):
    values = chosen(prometheus, dashboard)
    assert values["job"] == "(gatecast)"
    assert values["model"] == "(gru|sentiment|universal)"
    assert "127\\\\.0\\\\.0\\\\.1:" in values["instance"]


def test_every_query_of_the_dashboard_returns_data(prometheus, dashboard):
    """A graph may also be without values because there is nothing to divide by; its query would not return a number."""
    values = chosen(prometheus, dashboard)
    without = []
    for expr in expressions_of(dashboard):
        numbers = [float(sample["value"][1]) for sample in prometheus.query(fill(expr, values))]
        if not any(map(math.isfinite, numbers)) and not is_excused(expr):
            without.append(expr)
    assert without == []


def test_every_series_that_an_expression_names_is_there(prometheus, dashboard, rules):
    values = chosen(prometheus, dashboard)
    expressions = [fill(expr, values) for expr in expressions_of(dashboard)] + [rule["expr"] for rule in rules]
    selectors = {match[0] for expr in expressions for match in SELECTOR.finditer(expr)}
    assert len(selectors) > 60
    assert [each for each in sorted(selectors) if not prometheus.query(each) and not is_excused(each)] == []


def test_every_rule_is_computed_without_an_error(prometheus, rules):
    computed = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(computed) == len(rules)
    assert {rule["health"] for rule in computed} == {"ok"}


def test_a_version_that_is_refused_sets_off_its_alert_with_readable_words(prometheus):
    until(lambda: "GatecastVersionRefused" in firing(prometheus), "the alert fires")
    alerts = firing(prometheus)
    assert alerts["GatecastVersionRefused"]["summary"] == "gru 99 lies on disk but is not served"
    words = " ".join(text for annotations in alerts.values() for text in annotations.values())
    assert not re.search("<no value>|<error", words)


def test_graphs_of_latency_find_single_requests_that_have_a_trace(prometheus, dashboard):
    """Grafana asks for the exemplars of the whole query."""
    values = chosen(prometheus, dashboard)
    targets = [target for panel in panels_of(dashboard) for target in panel.get("targets", [])]
    queries = [fill(target["expr"], values) for target in targets if target.get("exemplar")]
    assert len(queries) > 5
    for query in queries:
        found = prometheus.ask("query_exemplars", query=query, start="0", end="9999999999")
        ids = [exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]]
        assert ids, query
        assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
