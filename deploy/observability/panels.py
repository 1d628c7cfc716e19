"""What Grafana wants to know of a panel, from the little that dashboard/*.yml says of it."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

AT = 'job=~"$job", instance=~"$instance"'
MACROS = {
    "@at": AT,
    "@model": AT + ', model=~"$model", version=~"$version"',
    "@asked": AT + ', handler!~"/livez|/readyz|/v2/health/.*|/metrics"',
    "@single": AT + ', handler=~"/forecast|/sentiment|/anomalies"',
}
PROMETHEUS: Json = {"type": "prometheus", "uid": "${datasource}"}
TRACES: Json = {"type": "jaeger", "uid": "${traces}"}
SLOW_TRACES: Json = {
    "refId": "A",
    "datasource": TRACES,
    "queryType": "search",
    "service": "gatecast",
    "minDuration": "100ms",
    "limit": 50,
}
STYLES = {"bars": {"drawStyle": "bars", "fillOpacity": 80}, "timeseries": {"drawStyle": "line", "fillOpacity": 8}}


@dataclass(frozen=True)
class Panel:
    """A panel as it stands in dashboard/*.yml."""

    title: str
    about: str  # what to look at, and what to do
    queries: list[Json] = field(default_factory=list)
    kind: str = "timeseries"  # or bars, stat, table, heatmap, state-timeline, text, traces
    unit: str = "short"
    width: int = 8
    height: int = 8
    decimals: int | None = None
    stack: bool = False
    exemplars: bool = False  # show single requests that have a trace
    limit: float | None = None  # a red line
    thresholds: dict[str, float | None] = field(default_factory=dict)
    dashed: list[str] = field(default_factory=list)  # legends that are limits
    colors: dict[str, str] = field(default_factory=dict)  # by legend; both are regular expressions
    columns: list[str] = field(default_factory=list)  # of a table
    text: str = ""


def render(panel: Panel) -> Json:
    """Return the panel as Grafana wants it, without id and place."""
    rendered: Json = {"title": panel.title, "description": panel.about, "type": _type(panel)}
    if panel.kind == "text":
        return rendered | {"options": {"mode": "markdown", "content": panel.text}}
    if panel.kind == "traces":
        return rendered | {"datasource": TRACES, "targets": [SLOW_TRACES]}
    rendered |= {"datasource": PROMETHEUS, "targets": [_target(panel, index) for index in range(len(panel.queries))]}
    rendered |= {
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _options(panel),
    }
    if panel.columns:
        rendered["transformations"] = [_only(panel.columns)]
    if panel.exemplars:
        rendered["links"] = [{"title": "Slow requests, as traces", "url": _explore(SLOW_TRACES), "targetBlank": True}]
    return rendered


def expand(expr: str) -> str:
    """Put the labels in for @at, @model, @asked and @single."""
    for name, labels in MACROS.items():
        expr = expr.replace(name, labels)
    return expr


def _type(panel: Panel) -> str:
    return {"bars": "timeseries", "traces": "table"}.get(panel.kind, panel.kind)


def _target(panel: Panel, index: int) -> Json:
    query = panel.queries[index]
    target: Json = {"refId": chr(ord("A") + index), "datasource": PROMETHEUS, "expr": expand(query["expr"])}
    target |= {"legendFormat": query.get("legend", ""), "editorMode": "code"}
    if query.get("instant"):
        return target | {"instant": True, "range": False, "format": "table"}
    if panel.kind == "heatmap":
        target["format"] = "heatmap"
    return target | {"range": True, "exemplar": panel.exemplars}


def _defaults(panel: Panel) -> Json:
    defaults: Json = {"unit": panel.unit, "min": 0, "color": {"mode": "palette-classic"}}
    if panel.decimals is not None:
        defaults["decimals"] = panel.decimals
    if panel.thresholds:
        defaults |= {"color": {"mode": "thresholds"}, "thresholds": _steps(panel.thresholds), "max": 1}
    if panel.limit is not None:
        defaults["thresholds"] = _steps({"transparent": None, "red": panel.limit})
    if panel.kind == "state-timeline":
        ready = {"0": {"text": "not ready", "color": "red"}, "1": {"text": "ready", "color": "green"}}
        defaults["mappings"] = [{"type": "value", "options": ready}]
    if panel.kind in STYLES:
        defaults["custom"] = _graph(panel)
    return defaults


def _graph(panel: Panel) -> Json:
    style: Json = {"lineWidth": 1, "showPoints": "never", "spanNulls": False, **STYLES[panel.kind]}
    style["stacking"] = {"mode": "normal" if panel.stack or panel.kind == "bars" else "none", "group": "A"}
    if panel.stack:
        style["fillOpacity"] = 40
    style["thresholdsStyle"] = {"mode": "line" if panel.limit is not None else "off"}
    return style


def _steps(colors: dict[str, float | None]) -> Json:
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in colors.items()]}


def _overrides(panel: Panel) -> list[Json]:
    fixed = [
        _override(legend, "color", {"mode": "fixed", "fixedColor": color}) for legend, color in panel.colors.items()
    ]
    return fixed + [_override(legend, "custom.lineStyle", {"fill": "dash", "dash": [8, 8]}) for legend in panel.dashed]


def _override(legend: str, name: str, value: Json) -> Json:
    return {"matcher": {"id": "byRegexp", "options": f"^{legend}$"}, "properties": [{"id": name, "value": value}]}


def _options(panel: Panel) -> Json:
    match panel.kind:
        case "stat":
            shown = {"calcs": ["lastNotNull"], "fields": "", "values": False}
            return {"reduceOptions": shown, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
        case "table":
            return {"showHeader": True, "cellHeight": "sm"}
        case "heatmap":
            return {
                "calculate": False,
                "yAxis": {"unit": panel.unit},
                "color": {"mode": "scheme", "scheme": "Blues"},
                "cellGap": 0,
            }
        case "state-timeline":
            return {"showValue": "never", "mergeValues": True, "legend": {"showLegend": False}}
    legend = {
        "showLegend": True,
        "displayMode": "table",
        "placement": "bottom",
        "calcs": ["mean", "max", "lastNotNull"],
    }
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def _only(columns: list[str]) -> Json:
    """Show these labels of the series, and nothing else."""
    return {"id": "filterFieldsByName", "options": {"include": {"names": columns}}}


def _explore(query: Json) -> str:
    """Return the address of Grafana's page Explore with a query. Grafana puts the variables in: their signs stay as they are."""
    pane = {"datasource": "${traces}", "queries": [query], "range": {"from": "${__from}", "to": "${__to}"}}
    return "/explore?schemaVersion=1&panes=" + quote(json.dumps({"a": pane}, separators=(",", ":")), safe="${}:,")
