"""The report of a training run, report.html: what to do, what comes next, which forecaster is best, and how sure that is."""

from pathlib import Path
from tempfile import TemporaryDirectory

from training.forecast.ranking.advice import REQUEST
from training.forecast.report import tables, texts
from training.forecast.report.pictures import Pictures, draw
from training.forecast.report.results import Page
from training.reporting import html_page as html
from training.reporting.figures import dates

__all__ = ["FORECAST_FILE", "Page", "write"]

FORECAST_FILE = "forecast.csv"
MAX_BODY = 6_000  # characters of a body that is shown in full
MAX_OPEN_ROWS = 24  # of the table of the future: a longer one is folded away
MAX_ROWS = 500  # more of them are in the file alone


def write(directory: Path, page: Page) -> Path:
    """Write report.html, which needs no other file, beside it the pictures as PNG and forecast.csv; return the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    draw(directory, page, "png")
    if page.future is not None:
        (directory / FORECAST_FILE).write_text(tables.future_csv(page.future), "utf-8")
    with TemporaryDirectory() as drawing:
        pictures = draw(Path(drawing), page, "svg")
        return html.write(
            directory / "report.html",
            f"Forecast: {page.series.source}",
            page.ranking.reason,
            *_parts(directory, page, pictures),
        )


def _parts(directory: Path, page: Page, pictures: Pictures) -> list[str]:
    ranking, steps = page.ranking, page.steps
    return [
        html.heading("What to do"),
        html.facts(texts.decision(page)),
        *_call(directory, ranking.what_to_call),
        *_future(page, pictures),
        html.heading("What was understood of the file"),
        html.facts(page.understood),
        pictures.html("series"),
        html.heading("Remarks") if page.remarks else "",
        html.bullets(page.remarks),
        html.heading("Ranking"),
        html.table(*page.table(), best=_best(page)),
        html.paragraph(texts.ranking_note(page)),
        html.bullets(texts.barred(ranking)),
        html.heading("Forecasts against what came"),
        html.paragraph(texts.test_note(page)),
        html.table(*tables.test_rows(ranking, steps, page.series.season_length), best=_best(page)),
        html.bullets(texts.coverage(page)),
        pictures.html("test", "steps", "coverage"),
        html.details("RMSE by step, test set", html.table(*tables.step_rows(ranking, steps), best=None)),
        html.heading("What the minutes bought"),
        html.table(*tables.kind_rows(ranking), best=None),
        html.paragraph(texts.minutes(ranking)),
        html.heading("How it was measured"),
        html.bullets(texts.method(page)),
        html.facts(page.settings),
        html.heading("What next"),
        html.bullets(texts.next_steps(page)),
    ]


def _call(directory: Path, text: str) -> list[str]:
    """What to call; a request that lies beside the page becomes part of it, because the page may be sent on alone."""
    file = directory / REQUEST
    if f"@{file}" not in text or not file.is_file():
        return [html.code(text)]
    body = file.read_text("utf-8").strip()
    if len(body) <= MAX_BODY and "'" not in body:
        return [html.code(text.replace(f"@{file}", f"'{body}'"))]
    save = html.download(REQUEST, body, f"Save {REQUEST}, the body with the last readings")
    return [html.code(text.replace(f"@{file}", f"@{REQUEST}")), save]


def _best(page: Page) -> int:
    """The recommended forecaster's row in the tables."""
    return next(number for number, row in enumerate(page.ranking.rows) if row is page.ranking.recommended)


def _future(page: Page, pictures: Pictures) -> list[str]:
    """The forecast of what follows the last reading: picture, file and values."""
    future = page.future
    if future is None:
        return []
    header, rows = tables.future_rows(future)
    values = html.table(header, rows[:MAX_ROWS], best=None)
    first, last = dates(future.dates[[0, -1]])
    return [
        html.heading("The forecast"),
        html.paragraph(f"{len(future.dates)} steps after the last reading, {first} to {last}, by {future.name}."),
        pictures.html("future"),
        values if len(rows) <= MAX_OPEN_ROWS else html.details(f"The first {min(len(rows), MAX_ROWS)} values", values),
        html.download(
            FORECAST_FILE,
            tables.future_csv(future),
            f"Save {FORECAST_FILE} ({len(rows)} rows; it also lies beside this page)",
        ),
    ]
