"""The dashboard's JSON: that it is what its sources make, that it explains itself, and that nothing overlaps."""

import re
import subprocess
import sys
from itertools import pairwise

from tests.deploy.observability.live import ROOT
from tests.deploy.observability.queries import expressions_of, panels_of
from tests.patience import PATIENCE_S

BUILDER = ROOT / "deploy/observability/build_dashboard.py"
MIN_WORDS = 15


def test_the_dashboard_is_what_its_sources_make():
    """Run deploy/observability/build_dashboard.py (or `make dashboard`) after a change of dashboard/*.yml."""
    assert subprocess.run([sys.executable, BUILDER, "--check"], timeout=PATIENCE_S).returncode == 0


def test_ids_and_titles_are_unique(dashboard):
    panels = panels_of(dashboard)
    rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    ids = [panel["id"] for panel in panels + rows]
    assert len(set(ids)) == len(ids)
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)


def test_every_panel_says_what_to_look_at(dashboard):
    short = [panel["title"] for panel in panels_of(dashboard) if len(panel["description"].split()) < MIN_WORDS]
    assert short == []


def test_panels_do_not_overlap_and_fit_in(dashboard):
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    taken = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_rows_come_in_the_order_of_the_questions(dashboard):
    numbers = [int(panel["title"].split(" ")[0]) for panel in dashboard["panels"] if panel["type"] == "row"]
    assert all(after == before + 1 for before, after in pairwise(numbers))


def test_every_variable_that_is_used_is_offered(dashboard):
    offered = {variable["name"] for variable in dashboard["templating"]["list"]} | {"__rate_interval", "__interval"}
    assert {"datasource", "traces", "job", "instance", "model", "version"} < offered
    used = {name for expr in expressions_of(dashboard) for name in re.findall(r"\$\{?(\w+)", expr)}
    assert used <= offered


def test_no_panel_is_bound_to_one_data_source(dashboard):
    """Whoever imports the dashboard chooses them."""
    panels = panels_of(dashboard)
    sources = [panel["datasource"] for panel in panels if "datasource" in panel]
    sources += [target["datasource"] for panel in panels for target in panel.get("targets", [])]
    assert {source["uid"] for source in sources} == {"${datasource}", "${traces}"}


def test_graphs_of_latency_show_exemplars_and_lead_to_traces(dashboard):
    panels = [
        panel for panel in panels_of(dashboard) if any(target.get("exemplar") for target in panel.get("targets", []))
    ]
    assert {"Time to answer", "p99 by route", "Queue, time waited"} <= {panel["title"] for panel in panels}
    assert all("${traces}" in panel["links"][0]["url"] for panel in panels)
