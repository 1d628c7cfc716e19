"""The report of a backtest as a table, as Markdown, and as JSON."""

import json

from training.evaluation.metrics import Ratio
from training.evaluation.test_log import LogEntry
from training.reporting import backtest_report
from training.reporting.backtest_report import BacktestReport, Result

NAN = float("nan")


def result(name, blocks=9, **pooled):
    metrics = {"rmse": 2.0, "mase": 1.0, "smape": 4.0, "bias": -0.5, "wql": 0.1} | pooled
    ratios = {"rmse_1": Ratio(0.5, 0.4, 0.6, blocks), "rmse_1-6": Ratio(0.75, None, None, blocks)}
    return Result(name, 1.25, {"rmse": 1.0, "mase": NAN}, metrics, {"rmse": [1.0, NAN]}, ratios)


def report(*results, entries=1, warnings=(), failed=None):
    entry = LogEntry(at="2026-01-01T00:00:00+00:00", settings={"steps": 6}, figures={"rmse_1": 1.0})
    log = {item.name: [entry] * entries for item in results}
    about = {"source": "my.csv", "steps": 6}
    return BacktestReport(about, list(results), failed or {}, list(warnings), log)


def test_a_method_without_intervals_has_dashes_in_their_columns():
    with_intervals = result("seasonal_naive", coverage_80=0.812, width_80=10.0, winkler_80=12.5)
    header, rows = backtest_report.table(report(with_intervals, result("gru/1")))
    assert len(header) == len(rows[0]) == len(rows[1])
    column = header.index("80 %: covers / width / score")
    assert [row[column] for row in rows] == ["0.812 / 10 / 12.5", "–"]
    assert [row[header.index("WQL")] for row in rows] == ["0.1000", "–"]
    assert [row[header.index("MASE 1")] for row in rows] == ["–", "–"]


def test_a_ratio_has_its_interval_if_there_is_one():
    header, rows = backtest_report.table(report(result("seasonal_naive")))
    assert rows[0][header.index("RMSE 1 / naive")] == "0.500 [0.40, 0.60]"
    assert rows[0][header.index("RMSE 1–6 / naive")] == "0.750"


def test_notes_name_what_limits_the_figures():
    notes = backtest_report.notes(
        report(result("seasonal_naive", blocks=2), entries=3, warnings=["leak"], failed={"gru/1": "ValueError: no"})
    )
    assert notes[:2] == ["WARNING: leak", "no figures of gru/1: ValueError: no"]
    assert "used up to 3 times" in notes[2]
    assert "only 2 blocks" in notes[3]


def test_json_has_null_for_what_is_not_a_number(tmp_path):
    path = tmp_path / "runs" / "report.json"
    backtest_report.write(path, report(result("seasonal_naive")))
    method = json.loads(path.read_text("utf-8"))["methods"]["seasonal_naive"]
    assert list(method) == ["name", "seconds", "one", "pooled", "each", "ratios"]
    assert method["one"] == {"rmse": 1.0, "mase": None}
    assert method["each"] == {"rmse": [1.0, None]}


def test_markdown_has_the_settings_the_table_and_the_notes(tmp_path):
    backtest_report.write(tmp_path / "report.md", report(result("seasonal_naive")))
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "- source: my.csv" in text
    assert "| seasonal_naive |" in text
    assert "- ratios: 90 %" in text
