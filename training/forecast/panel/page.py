"""The report of a panel: report.html with pictures of the worst and the best series, forecast.csv and series.csv."""

import csv
from pathlib import Path

import numpy as np

from training.evaluation.rolling import Predictions, RollingBacktest
from training.forecast.panel import forecast_csv, reasons
from training.forecast.panel.ranking import relative
from training.forecast.panel.results import Results
from training.forecast.ranking import advice
from training.reporting import html_page as html
from training.reporting import plots
from training.reporting.tables import Row

SHOWN = 30  # series of the table; the others are folded
MOST_FOLDED = 1000  # the others are in series.csv alone
PICTURED = 3  # worst, and best
SERIES_FILE = "series.csv"
MOST_EMBEDDED = 1 << 19  # bytes of a file that the page holds
HOW = (
    "Each figure is an RMSE over that of the seasonal naive forecast on the same readings of the same series; below 1 is better. "
    "Together it is the geometric mean over the series, with a 90 % bootstrap interval over them. The order and the "
    "recommendation are by the folds, before the test part of every series; the test part was looked at once. Every network "
    "was fitted before what it is measured on, series by series: where series end at different dates, it may have learnt "
    "from later dates of other series."
)


def write(directory: Path, results: Results) -> Path:
    """Write the report and its files; return the path of report.html."""
    directory.mkdir(parents=True, exist_ok=True)
    forecast_csv.write(directory / forecast_csv.FILE, results.plan.members, results.panel.series, results.future)
    if results.request is not None:
        advice.write_request(directory, results.request)
    header, rows = results.series_table()
    _write_csv(directory / SERIES_FILE, header, rows)
    ranking_header, ranking = results.table()
    best = next(i for i, row in enumerate(results.ranking.rows) if row.name == results.ranking.recommended.name)
    steps = _draw_steps(directory / "steps.svg", results)
    return html.write(
        directory / "report.html",
        results.panel.source,
        results.recommendation,
        html.heading("What to do"),
        html.code(results.what_to_call),
        _file(directory / forecast_csv.FILE, f"{results.plan.steps} steps of all series, by {results.future_name}"),
        _file(directory / SERIES_FILE, "the table of all series"),
        html.heading("What was understood"),
        html.facts(results.panel.understood),
        html.bullets(results.remarks),
        html.heading("All series together"),
        html.table(ranking_header, ranking, best),
        html.paragraph(HOW),
        html.paragraph(results.unasked),
        html.figures({steps: "Test part: error by step, in units of each series' seasonal naive error."}),
        html.heading("Every series"),
        html.paragraph(results.per_series),
        html.bullets(reasons.remarks(results.ranking)),
        *_series_tables(header, rows),
        html.heading("The worst and the best forecasts"),
        html.figures(_draw_series(directory, results)),
    )


def _file(path: Path, content: str) -> str:
    """A link to a file beside the page; the page itself holds a small one, so that it is not lost when the page is forwarded."""
    label = f"{path.name}: {content}"
    if path.stat().st_size > MOST_EMBEDDED:
        return html.link(path.name, label)
    return html.download(path.name, path.read_text("utf-8"), label)


def _series_tables(header: Row, rows: list[Row]) -> list[str]:
    """The worst series, and the others to be opened."""
    parts = [html.table(header, rows[:SHOWN], None, caption="the worst forecasts first")]
    if others := rows[SHOWN : SHOWN + MOST_FOLDED]:
        parts.append(
            html.details(f"{len(others)} more series", html.table(header, others, None, caption="more series"))
        )
    return parts


def _draw_steps(path: Path, results: Results) -> Path:
    """Draw the error by step of every forecaster on the test part."""
    naive = relative(results.test, results.ranking.scale).naive_rmse
    lines = {}
    for row in results.ranking.rows:
        scaled = np.square(results.test.errors(row.name) / naive[results.test.questions.rows, None])
        lines[row.name] = np.sqrt(np.nanmean(scaled, axis=0))
    plots.by_step(path, "RMSE / seasonal naive's", lines)
    return path


def _draw_series(directory: Path, results: Results) -> dict[Path, str]:
    """Draw forecasts of the test part: the three worst series and the three best."""
    order = results.worst_first()
    count = min(PICTURED, len(order) // 2) or 1
    chosen = [("worst", index) for index in order[:count]] + [("best", index) for index in reversed(order[-count:])]
    captions = {}
    for number, (which, index) in enumerate(chosen, 1):
        member, best = results.plan.measured[index], results.ranking.recommended
        path = directory / f"{which}_{(number - 1) % count + 1}.svg"
        dates = results.panel.series[member.id].dates
        cut = plots.fans(path, member.id, dates, member.readings, _backtest(results, index))
        captions[path] = (
            f"Among the {which}: {member.id}, {best.test[index]:.2f} times the seasonal naive's error. {cut}"
        )
    return captions


def _backtest(results: Results, index: int) -> RollingBacktest:
    """The recommended forecaster's test part of one series, with the steps that are known from every origin."""
    member, name = results.plan.measured[index], results.ranking.recommended.name
    rows = results.test.questions.rows == index
    actual, predicted = results.test.questions.actual[rows], results.test.predictions[name]
    steps = int((~np.isnan(actual)).sum(axis=1).min())
    part = Predictions(
        predicted.point[rows, :steps],
        predicted.levels,
        predicted.lower[:, rows, :steps],
        predicted.upper[:, rows, :steps],
    )
    origins = np.array(member.parts[-1].origins, dtype=np.int64)
    return RollingBacktest(origins, actual[:, :steps], part, len(member.readings))


def _write_csv(path: Path, header: Row, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
