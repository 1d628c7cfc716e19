"""models/README.md, written from the cards of the newest versions, and the rows of its tables."""

from collections.abc import Mapping
from pathlib import Path

from service.artifacts import bundle
from service.artifacts.card import Card, ForecastCard, Score, SentimentCard
from service.artifacts.files import read_json
from training.reporting.tables import Row, markdown

HEAD = """# Models

Written by `make train-forecast` and `make train-sentiment` from the cards (`manifest.json`) of the newest
versions; do not edit. `sha256sum -c SHA256SUMS` in a version directory checks it.
"""
SERVED = "as served"
ABLATION_FILE = "ladder.json"
REASONS, CHECKLIST = "deletion of five words", "checklist"  # the subject of one score, and the split of others


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
    naive = [_value(cards[0], "seasonal_naive", steps, "rmse") for steps in ("1", span)]
    naive += [_value(cards[0], "seasonal_naive", span, metric) for metric in ("mae", "bias")]
    cover = " / ".join(_value(cards[0], "seasonal_naive", span, f"coverage_{level}", 3) for level in (80, 95))
    return header, [*rows, ("seasonal naive", "", *naive, cover, "", "")]


def _label(card: Card) -> str:
    return f"{card.name} v{card.version}"


def _span(card: ForecastCard) -> str:
    return f"1-{len(card.step_errors.model_rmse)}"


def universal_rows(cards: list[ForecastCard]) -> tuple[Row, list[Row]]:
    """Return a row for each network of any series."""
    header = ("network", "parameters", "MASE, held-out synthetic series", "of the seasonal naive")
    rows = []
    for card in cards:
        scores = [next(s for s in card.scores if s.subject == subject) for subject in ("model", "seasonal_naive")]
        rows.append((_label(card), f"{card.parameters:,}", *(f"{score.metrics['mase']:.3f}" for score in scores)))
    return header, rows


def sentiment_rows(cards: list[SentimentCard]) -> tuple[Row, list[Row]]:
    """Return a row for each classifier, with what it was compared with on the test set below it."""
    header = (
        "network",
        "parameters",
        "test accuracy",
        "AUC",
        "NLL",
        "Brier",
        "ECE",
        "validation accuracy",
        "shipped: test accuracy",
    )
    rows = []
    for card in cards:
        test = [_plus_minus(card, m, None, 4, "test") for m in ("accuracy", "auc", "nll", "brier", "ece")]
        shipped = _value(card, "model", None, "accuracy", 4)
        validation = _plus_minus(card, "accuracy", None, 4, "validation")
        rows.append((_label(card), f"{card.parameters:,}", *test, validation, shipped))
        for score in card.scores:
            if score.split == "test" and score.subject != "model":
                rows.append((score.subject, "", f"{score.metrics['accuracy']:.4f}", *[""] * (len(header) - 3)))
    return header, rows


def ablation_rows(steps: Mapping[str, Mapping[str, float]]) -> tuple[Row, list[Row]]:
    """Return a row for each step of training.sentiment.ablation; `steps` are name → figures."""

    def cell(figures: Mapping[str, float], name: str, form: str, scale: float = 1) -> str:
        return format(figures[name] / scale, form) if name in figures else "–"

    header = ("rung", "seeds", "accuracy", "loss", "parameters", "compiled, MB", "ms a review", "training, min")
    rows: list[Row] = [
        (
            name,
            cell(figures, "seeds", ".0f"),
            cell(figures, "accuracy", ".4f"),
            cell(figures, "loss", ".4f"),
            cell(figures, "parameters", ",.0f"),
            cell(figures, "bytes", ".1f", 1e6),
            cell(figures, "milliseconds", ".2f"),
            cell(figures, "seconds", ".0f", 60),
        )
        for name, figures in steps.items()
    ]
    return header, rows


def write_readme(models_dir: Path) -> Path:
    """Write models/README.md again from the cards on disk, and return its path."""
    cards = [_newest(path) for path in sorted({file.parent.parent for file in models_dir.glob("*/*/SHA256SUMS")})]
    forecasters = [card for card in cards if isinstance(card, ForecastCard)]
    classifiers = [card for card in cards if isinstance(card, SentimentCard)]
    text = HEAD
    by_series: dict[str, list[ForecastCard]] = {}
    for card in forecasters:
        if card.reads == "window" or card.readings is not None:
            by_series.setdefault(card.data.sha256, []).append(card)
    text += "".join(_series_section(group) for group in by_series.values())
    universal = [card for card in forecasters if card.readings is None]
    if universal:
        text += _universal_section(universal)
    if classifiers:
        text += _sentiment_section(models_dir, classifiers)
    path = models_dir / "README.md"
    path.write_text(text, "utf-8")
    return path


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


def _sentiment_section(models_dir: Path, cards: list[SentimentCard]) -> str:
    """Describe the classifiers; the sentences below the table are about the first."""
    card = cards[0]
    calibration = card.calibration
    text = (
        "\n## Sentiment\n\n"
        + _about(card)
        + f"\nMean ± standard deviation over the seeds. {card.choice}\n\n"
        + markdown(*sentiment_rows(cards))
        + f"\n- `{card.name}`: {card.network}\n"
        f"- Answers with a confidence of at least {calibration.confidence_threshold:.3f} "
        f"({calibration.threshold_choice}): {calibration.coverage:.1%} of the test texts, "
        f"{calibration.accuracy_covered:.1%} of them right. The rest is marked `uncertain`.\n" + _further_scores(card)
    )
    ablation = models_dir / card.name / card.version / ABLATION_FILE
    if ablation.exists():
        text += "\nWhat each step of the recipe is worth on the validation part, the mean over seeds; a review of 200 words, one core:\n\n"
        text += markdown(*ablation_rows(read_json(ablation)["rows"]))
    return text


def _further_scores(card: SentimentCard) -> str:
    """Describe the scores beside accuracy: faithfulness of the explanations, accuracy as served, and the checklist."""
    text = ""
    for score in card.scores:
        if score.subject == REASONS:
            metrics = score.metrics
            text += (
                f"- Without the five words that speak most for its answer, a validation text's probability moves by "
                f"{metrics['heaviest']:.3f} on average, without five random ones by {metrics['random']:.3f}; it moves more in "
                f"{metrics['moved_more']:.1%} of the texts. Weights and baseline make up the log odds within {metrics['incomplete']:.2%}.\n"
            )
        if score.subject == SERVED:
            text += f"- As served, its weights in bytes, it tells {score.metrics['accuracy']:.2%} of the validation texts right.\n"
    outcomes = [score for score in card.scores if score.split == CHECKLIST]
    if not outcomes:
        return text
    passed = round(sum(score.metrics["passed"] * score.count for score in outcomes))
    text += f"\nOf the {sum(score.count for score in outcomes)} cases of `training/evaluation/checklist.py`, {passed} pass; `checklist.json` names those that do not.\n\n"
    rows: list[Row] = [
        (score.subject, f"{round(score.metrics['passed'] * score.count)} of {score.count}") for score in outcomes
    ]
    return text + markdown(("capability", "passed"), rows)


def _newest(model: Path) -> ForecastCard | SentimentCard:
    return bundle.read(bundle.versions(model)[-1])[0]


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


def _plus_minus(card: Card, metric: str, steps: str | None, digits: int, split: str | None = None) -> str:
    for row in card.spread:
        if (row.metric, row.steps) == (metric, steps) and split in (None, row.split):
            return f"{row.mean:.{digits}f} ± {row.std:.{digits}f}"
    return "–"
