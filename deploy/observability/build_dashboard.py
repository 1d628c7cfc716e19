"""Make grafana/dashboards/gatecast.json from dashboard/*.yml: python deploy/observability/build_dashboard.py

Each file is a row; its panels have a title, what it is about, and their queries. Everything that Grafana wants besides is added
here. In queries, @at stands for the chosen jobs and instances, @model for the chosen models too, @asked for requests that are no
health checks, and @single for the routes that answer one prediction. With --check nothing is written: status 1 if the file is old.
"""

import json
import sys
from pathlib import Path
from typing import Any

import panels
import yaml  # type: ignore[import-untyped]
from panels import Json, Panel

HERE = Path(__file__).parent
TARGET = HERE / "grafana/dashboards/gatecast.json"
PROMETHEUS: Json = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24


def main(arguments: list[str]) -> int:
    """Write the dashboard, or check it; return the exit status."""
    text = render()
    if "--check" in arguments:
        return 0 if TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


def render() -> str:
    """Return the dashboard as JSON."""
    rows = [yaml.safe_load(path.read_text()) for path in sorted((HERE / "dashboard").glob("*.yml"))]
    dashboard = {
        "uid": "gatecast",
        "title": "Gatecast",
        "description": "From the question to the cause: read the rows from above. Each panel says what to look at and what to do.",
        "tags": ["gatecast"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": _variables()},
        "annotations": {"list": _annotations()},
        "links": [],
        "panels": _lay_out(rows),
    }
    return json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"


def _lay_out(rows: list[dict[str, Any]]) -> list[Json]:
    """Give each panel a place and an id: rows below each other, panels from left to right, as many as there is room for."""
    placed: list[Json] = []
    number, top = 1, 0
    for row in rows:
        header: Json = {"id": number, "type": "row", "title": row["row"], "collapsed": row.get("collapsed", False)}
        header |= {"gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top}, "panels": []}
        number, top = number + 1, top + 1
        inside, top = _lay_out_row([Panel(**panel) for panel in row["panels"]], number, top)
        number += len(inside)
        placed.append(header)
        (header["panels"] if header["collapsed"] else placed).extend(inside)
    return placed


def _lay_out_row(row: list[Panel], number: int, top: int) -> tuple[list[Json], int]:
    """Return the panels of a row, and where the next row begins."""
    placed: list[Json] = []
    left = height = 0
    for panel in row:
        if left + panel.width > COLUMNS:
            left, top, height = 0, top + height, 0
        place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
        placed.append({"id": number + len(placed), "gridPos": place, **panels.render(panel)})
        left, height = left + panel.width, max(height, panel.height)
    return placed, top + height


def _variables() -> list[Json]:
    """Return the choices at the top: data sources, and which job, instance, model and version."""
    loaded = 'gatecast_model_loaded{job=~"$job", instance=~"$instance"'
    return [
        {"name": "datasource", "label": "Measures", "type": "datasource", "query": "prometheus", "refresh": 1},
        {"name": "traces", "label": "Traces", "type": "datasource", "query": "jaeger", "refresh": 1},
        _variable("job", "gatecast_build_info"),
        _variable("instance", 'gatecast_build_info{job=~"$job"}'),
        _variable("model", loaded + "}"),
        _variable("version", loaded + ', model=~"$model"}'),
    ]


def _variable(label: str, series: str) -> Json:
    query = f"label_values({series}, {label})"
    return {
        "name": label,
        "label": label.capitalize(),
        "type": "query",
        "datasource": PROMETHEUS,
        "definition": query,
        "query": {"query": query, "refId": label},
        "refresh": 2,  # when the range of time changes, so that what has ended can be chosen too
        "sort": 3 if label == "version" else 1,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _annotations() -> list[Json]:
    """Return the lines across all graphs: starts and reloads, which often come just before a change."""
    return [
        _annotation("Starts", "red", f"changes(process_start_time_seconds{{{panels.AT}}}[$__interval]) > 0"),
        _annotation(
            "Reloads",
            "blue",
            f"sum by (instance, outcome) (changes(gatecast_reloads_total{{{panels.AT}}}[$__interval])) > 0",
        ),
    ]


def _annotation(name: str, color: str, expr: str) -> Json:
    shown: Json = {"titleFormat": name, "tagKeys": "instance,outcome", "textFormat": "{{instance}}"}
    return {
        "name": name,
        "enable": True,
        "iconColor": color,
        "datasource": PROMETHEUS,
        "expr": expr,
        "step": "30s",
        **shown,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
