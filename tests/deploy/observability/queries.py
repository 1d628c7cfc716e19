"""The expressions of the dashboard, and what Grafana puts in for its variables."""

import re
from typing import Any

from tests.deploy.observability.live import Prometheus

# metrics and recorded series, in an expression
SELECTOR = re.compile(
    r"\b((?:gatecast[_:]|http_request|process_|job:|job_model_version:|up\b|ALERTS\b)[a-zA-Z0-9_:]*)(\{[^}]*\})?"
)


def panels_of(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels but rows, also those of rows that are closed."""
    outer = dashboard["panels"]
    return [panel for panel in outer + [p for row in outer for p in row.get("panels", [])] if panel["type"] != "row"]


def expressions_of(dashboard: dict[str, Any]) -> list[str]:
    """All expressions of panels and annotations."""
    targets = [target for panel in panels_of(dashboard) for target in panel.get("targets", [])]
    return [each["expr"] for each in targets + dashboard["annotations"]["list"] if "expr" in each]


def chosen(prometheus: Prometheus, dashboard: dict[str, Any]) -> dict[str, str]:
    """What Grafana puts in for each variable if all of its values are chosen."""
    values = {"__rate_interval": "5m", "__interval": "5m"}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
        found = prometheus.ask(f"label/{label}/values", **{"match[]": fill(series, values)})
        assert found, variable["name"]
        values[variable["name"]] = "(" + "|".join(re.escape(value).replace("\\", "\\\\") for value in found) + ")"
    return values


def fill(expr: str, values: dict[str, str]) -> str:
    """Put values in for the variables of an expression."""
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], expr)
