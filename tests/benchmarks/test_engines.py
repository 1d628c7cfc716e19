"""The benchmark of engines, without engines: its tables and its report."""

import pandas as pd

from benchmarks.engines.__main__ import Run, table
from benchmarks.engines.jobs import _nothing
from benchmarks.engines.tables import FILES, READINGS, write_tables
from service.local.scoring.panel import PanelScoring
from service.local.scoring.text import TextScoring


def test_tables_hold_what_was_asked_for(tmp_path):
    """Texts and series all differ; a panel's rows are those of the lists."""
    write_tables(tmp_path, texts=50, words=8, series=10)
    texts, series, panel = (pd.read_parquet(tmp_path / name) for name in ("texts", "series", "panel"))
    assert len(list((tmp_path / "texts").iterdir())) == FILES
    assert {len(text.split()) for text in texts["text"]} == {8}
    assert (len(texts), texts["text"].nunique()) == (50, 50)
    assert (len(series), len(panel)) == (10, 10 * READINGS)
    assert panel["y"].tolist() == [reading for each in series["readings"] for reading in each]


def test_a_scoring_of_nothing_is_of_the_same_kind():
    """It returns what it is given, and needs no model."""
    frame = pd.DataFrame({"y": [1.0]})
    for kind in (TextScoring, PanelScoring):
        nothing = _nothing(kind("models/none"))
        assert isinstance(nothing, kind)
        assert nothing(frame) is frame
        assert nothing.schema() == []


def test_the_report_compares_with_one_process():
    """A share of 1 is as fast as without an engine."""
    rates = {"texts": 1000.0, "series": 500.0, "panel": 400.0}
    runs = [Run("none", 1, rates), Run("ray", 2, {name: rate * 1.5 for name, rate in rates.items()})]
    assert table(runs).splitlines()[2:] == [
        "| in process | 1 | 1,000 | 500 | 400 |",
        "| Ray Data | 2 | 1,500 (1.50 ×) | 750 (1.50 ×) | 600 (1.50 ×) |",
    ]
