"""models/README.md, written from the cards of the newest versions, and the rows of its tables."""

from pathlib import Path

from service.artifacts import bundle
from service.artifacts.card import Card, ForecastCard, Score, SentimentCard
from service.artifacts.files import BundleError, read_json
from training.reporting import sentiment_section
from training.reporting.sentiment_section import ABLATION_FILE, CHECKLIST, REASONS, SERVED
from training.reporting.tables import Row, markdown

__all__ = ["ABLATION_FILE", "CHECKLIST", "REASONS", "SERVED", "forecast_rows", "universal_rows", "write_readme"]

HEAD = """# Models

Written by `make train-forecast` and `make train-sentiment` from the cards (`manifest.json`) of the newest
versions; do not edit. `sha256sum -c SHA256SUMS` in a version directory checks it.
"""


def forecast_rows(cards: list[ForecastCard]) -> tuple[Row, list[Row]]:
    """Return a row for each network of one series, then one for the seasonal naive forecast.

    The last two columns are over seeds that forecast alone; the others are of the network as it is served.
    """
    span = _span(cards[0])
    header = (
        "network",
        "parameters",
        "RMSE, step 1",
        f"RMSE, steps {span}",
        "MAE",
        "bias",
        "80 % / 95 % cover",
        "one seed: RMSE 1",
        f"one seed: RMSE {span}",
    )
    rows = []
    for card in cards:
        pooled = [_value(card, "model", span, metric) for metric in ("rmse", "mae", "bias")]
        cover = " / ".join(_value(card, "model", span, f"coverage_{level}", 3) for level in (80, 95))
        one_seed = [_plus_minus(card, "rmse", steps, 2) for steps in ("1", span)]
        first = _value(card, "model", "1", "rmse")
        rows.append((_label(card), f"{card.parameters:,}", first, *pooled, cover, *one_seed))
    baseline = next(score.subject for score in cards[0].scores if score.subject != "model")
    naive = [_value(cards[0], baseline, steps, "rmse") for steps in ("1", span)]
    naive += [_value(cards[0], baseline, span, metric) for metric in ("mae", "bias")]
    cover = " / ".join(_value(cards[0], baseline, span, f"coverage_{level}", 3) for level in (80, 95))
    return header, [*rows, (baseline.replace("_", " "), "", *naive, cover, "", "")]


def _label(card: Card) -> str:
    return f"{card.name} v{card.version}"


def _span(card: ForecastCard) -> str:
    steps = len(card.step_errors.model_rmse)
    return "1" if steps == 1 else f"1-{steps}"


def universal_rows(cards: list[ForecastCard]) -> tuple[Row, list[Row]]:
    """Return a row for each network of any series."""
    header = ("network", "parameters", "MASE, held-out synthetic series", "of the seasonal naive")
    rows = []
    for card in cards:
        scores = [next(s for s in card.scores if s.subject == subject) for subject in ("model", "seasonal_naive")]
        rows.append((_label(card), f"{card.parameters:,}", *(f"{score.metrics['mase']:.3f}" for score in scores)))
    return header, rows


def write_readme(models_dir: Path) -> Path:
    """Write models/README.md again from the cards on disk, and return its path."""
    cards, refused = _newest_cards(models_dir)
    forecasters = [card for card in cards if isinstance(card, ForecastCard)]
    text = HEAD
    by_series: dict[str, list[ForecastCard]] = {}
    for card in forecasters:
        if card.data.series > 1:
            text += _panel_section(card)
        elif card.reads == "window" or card.readings is not None:
            by_series.setdefault(card.data.sha256, []).append(card)
    text += "".join(_series_section(group) for group in by_series.values())
    universal = [card for card in forecasters if card.readings is None]
    if universal:
        text += _universal_section(universal)
    text += "".join(_sentiment_section(models_dir, card) for card in cards if isinstance(card, SentimentCard))
    if refused:
        text += "\n## Not served\n\n" + "".join(f"- {reason}\n" for reason in refused)
    path = models_dir / "README.md"
    path.write_text(text, "utf-8")
    return path


def _newest_cards(models_dir: Path) -> tuple[list[ForecastCard | SentimentCard], list[str]]:
    """The card of each model's newest version, and why other models cannot be served."""
    cards: list[ForecastCard | SentimentCard] = []
    refused = []
    for model in sorted({file.parent.parent for file in models_dir.glob("*/*/SHA256SUMS")}):
        try:
            cards.append(bundle.read(bundle.versions(model)[-1])[0])
        except BundleError as error:
            refused.append(str(error).replace(f"{models_dir}/", ""))
    return cards, refused


def _series_section(cards: list[ForecastCard]) -> str:
    """Describe the forecasters of one series, the best first."""
    cards = sorted(cards, key=lambda card: card.scores[-1].metrics["rmse"])
    return (
        f"\n## Forecasters of {cards[0].data.source}\n\n"
        + _about(cards[0])
        + "\nEverything is in original units on the test part, forecast as the service does: step 1 from every "
        "origin, more steps pooled over the origins with so many readings after them. "
        f"{cards[0].choice} `One seed`: mean ± standard deviation over the seeds, each alone.\n\n"
        + markdown(*forecast_rows(cards))
        + _networks(cards)
    )


def _panel_section(card: ForecastCard) -> str:
    """Describe a network of many series."""
    metrics = card.scores[-1].metrics
    return (
        f"\n## Forecaster of {card.data.series:,} series of {card.data.source}\n\n"
        + _about(card)
        + f"\nOn the test part its RMSE is {metrics['rmse_over_naive']:.3f} times the seasonal naive forecast's, the geometric "
        "mean over the series.\n" + _networks([card])
    )


def _universal_section(cards: list[ForecastCard]) -> str:
    return (
        "\n## Forecasters of any series\n\n"
        + _about(cards[0])
        + "\n"
        + markdown(*universal_rows(cards))
        + _networks(cards)
    )


def _networks(cards: list[ForecastCard]) -> str:
    return "\n" + "".join(f"- `{card.name}`: {card.network}\n" for card in cards)


def _sentiment_section(models_dir: Path, card: SentimentCard) -> str:
    file = models_dir / card.name / card.version / ABLATION_FILE
    return sentiment_section.section(card, _about(card), read_json(file)["rows"] if file.exists() else None)


def _about(card: Card) -> str:
    data = card.data
    lines = [f"Learnt from {data.source} ({data.rows:,} rows, SHA-256 `{data.sha256[:16]}…`).\n"]
    for part in card.splits:
        span = f", {part.start} to {part.end}" if part.start else ""
        lines.append(f"- {part.name}: {part.rows:,}{span}; {part.use}\n")
    lines += [f"- {note}\n" for note in data.audit]
    lines.append(f"- seeds {', '.join(map(str, card.seeds))}\n")
    return "".join(lines)


def _find(card: Card, subject: str, steps: str | None) -> Score:
    return next(s for s in card.scores if (s.subject, s.steps, s.split) == (subject, steps, "test"))


def _value(card: Card, subject: str, steps: str | None, metric: str, digits: int = 2) -> str:
    value = _find(card, subject, steps).metrics.get(metric)
    return "–" if value is None else f"{value:.{digits}f}"


def _plus_minus(card: Card, metric: str, steps: str | None, digits: int) -> str:
    for row in card.spread:
        if (row.metric, row.steps) == (metric, steps):
            return f"{row.mean:.{digits}f} ± {row.std:.{digits}f}"
    return "–"
