"""The report of a backtest: as a table for the terminal, as Markdown, and as JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation import test_log
from training.evaluation.metrics import Ratio
from training.reporting.tables import Row, markdown

MIN_BLOCKS = 6  # with fewer, the intervals of the ratios are too narrow


@dataclass(frozen=True)
class Result:
    """One method on the test set: metrics of step 1, of all steps pooled and of every step, and ratios to the naive."""

    name: str
    seconds: float
    first_step: dict[str, float]
    pooled: dict[str, float]
    by_step: dict[str, list[float]]
    ratios: dict[str, Ratio]


@dataclass(frozen=True)
class BacktestReport:
    """Everything that a report says; `log` has all evaluations of each method on this test set, the newest last."""

    about: dict[str, Any]
    results: list[Result]
    failed: dict[str, str]
    warnings: list[str]
    log: dict[str, list[test_log.LogEntry]]


NO_RATIO = "no ratio"


def table(report: BacktestReport) -> tuple[Row, list[Row]]:
    """Return a header and a row per method."""
    step_range = f"1–{report.about['steps']}"
    levels = [name.removeprefix("coverage_") for name in report.results[0].pooled if name.startswith("coverage_")]
    header: Row = ("method", "RMSE 1", "MASE 1", f"RMSE {step_range}", f"MASE {step_range}", "sMAPE %", "bias", "WQL")
    header += tuple(f"{level} %: covers / width / score" for level in levels)
    header += ("RMSE 1 / naive", f"RMSE {step_range} / naive", "uses", "s")
    return header, [_row(result, levels, report) for result in report.results]


def _row(result: Result, levels: list[str], report: BacktestReport) -> Row:
    first, pooled = result.first_step, result.pooled
    has_intervals = any(name.startswith("coverage") for name in pooled)
    return (
        result.name,
        *(_number(part.get(name)) for part in (first, pooled) for name in ("rmse", "mase")),
        *(_number(pooled.get(name)) for name in ("smape", "bias")),
        _number(pooled["wql"] if has_intervals else None, 4),
        *(_interval(pooled, level) for level in levels),
        *(_ratio(result.ratios[name]) for name in ("rmse_1", f"rmse_1-{report.about['steps']}")),
        str(len(report.log[result.name])),
        f"{result.seconds:.1f}",
    )


def _interval(pooled: dict[str, float], level: str) -> str:
    if f"coverage_{level}" not in pooled:
        return "–"
    return f"{pooled[f'coverage_{level}']:.3f} / {pooled[f'width_{level}']:.4g} / {pooled[f'winkler_{level}']:.4g}"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def _ratio(ratio: Ratio) -> str:
    if not np.isfinite(ratio.value):
        return NO_RATIO
    has_interval = ratio.low is not None and ratio.high is not None and np.isfinite([ratio.low, ratio.high]).all()
    return f"{ratio.value:.3f}" + (f" [{ratio.low:.2f}, {ratio.high:.2f}]" if has_interval else "")


def notes(report: BacktestReport) -> list[str]:
    """Return what a reader must know beside the figures."""
    lines = [f"WARNING: {warning}" for warning in report.warnings]
    lines += [f"no figures of {name}: {error}" for name, error in report.failed.items()]
    for name, entries in report.log.items():
        lines += [
            f"{name}: evaluations disagree on {figure}: {', '.join(f'{value:.6g}' for value in values)}"
            for figure, values in test_log.disagreements(entries).items()
        ]
    most = max(len(entries) for entries in report.log.values())
    if most > 1:
        lines.append(
            f"this test set was used up to {most} times: the more often it is used, the less a good figure means"
        )
    blocks = min((ratio.blocks for result in report.results for ratio in result.ratios.values()), default=0)
    if blocks < MIN_BLOCKS:
        lines.append(f"only {blocks} blocks of origins: the intervals of the ratios are too narrow, or missing")
    naive = str(report.about.get("baseline", "seasonal_naive")).replace("_", " ")
    if any(not np.isfinite(ratio.value) for result in report.results for ratio in result.ratios.values()):
        lines.append(f"no ratio: the {naive} forecast makes no error here")
    return [*lines, f"ratios: 90 % circular block bootstrap over origins; below 1 is better than the {naive} forecast"]


def write(path: Path, report: BacktestReport) -> None:
    """Write the report as JSON or Markdown, by the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json":
        path.write_text(json.dumps(to_json(report), indent=1, allow_nan=False) + "\n", "utf-8")
        return
    about = "".join(f"- {name}: {value}\n" for name, value in report.about.items())
    remarks = "".join(f"- {line}\n" for line in notes(report))
    path.write_text(f"# Backtest\n\n{about}\n{markdown(*table(report))}\n{remarks}", "utf-8")


def to_json(report: BacktestReport) -> dict[str, Any]:
    """Return the report as plain values; a value that is not a number becomes null."""
    document: dict[str, Any] = _without_nan(
        {
            "about": report.about,
            "methods": {
                result.name: {
                    "name": result.name,
                    "seconds": result.seconds,
                    "one": result.first_step,
                    "pooled": result.pooled,
                    "each": result.by_step,
                    "ratios": {name: vars(ratio) for name, ratio in result.ratios.items()},
                }
                for result in report.results
            },
            "failed": report.failed,
            "notes": notes(report),
            "looks": {name: [entry.model_dump() for entry in entries] for name, entries in report.log.items()},
        }
    )
    return document


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
