"""models/README.md, written from the cards of the newest versions."""

from collections.abc import Mapping
from pathlib import Path

from service.artifacts import bundle
from service.artifacts.card import Card, ForecastCard, Score, SentimentCard
from service.artifacts.files import read_json
from training.reporting.tables import Row, _markdown

HEAD = """# Models

Written by `make train-forecast` and `make train-sentiment` from the cards (`manifest.json`) of the newest
versions; do not edit. `sha256sum -c SHA256SUMS` in a version directory checks it.
"""
SERVED = "as served"
ABLATION_FILE = "ladder.json"
REASONS, CHECKLIST = "deletion of five words", "checklist"  # subject and split of scores that only a trial gives


def forecast_rows(cards: list[ForecastCard]) -> tuple[Row, list[Row]]:
    """A row a network of one series, then the seasonal naive forecast: what answers, and the spread over its seeds."""
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
        alone = [_plus_minus(card, "rmse", steps, 2) for steps in ("1", span)]
        named = f"{card.name} v{card.version}"
        rows.append((named, f"{card.parameters:,}", _value(card, "model", "1", "rmse"), *pooled, cover, *alone))
    naive = [_value(cards[0], "seasonal_naive", steps, "rmse") for steps in ("1", span)]
    rest = [_value(cards[0], "seasonal_naive", span, metric) for metric in ("mae", "bias")]
    cover = " / ".join(_value(cards[0], "seasonal_naive", span, f"coverage_{level}", 3) for level in (80, 95))
    return header, [*rows, ("seasonal naive", "", *naive, *rest, cover, "", "")]


def _span(card: ForecastCard) -> str:
    return f"1-{len(card.step_errors.model_rmse)}"


def universal_rows(cards: list[ForecastCard]) -> tuple[Row, list[Row]]:
    """A row a network of any series."""
    header = ("network", "parameters", "MASE, held-out synthetic series", "of the seasonal naive")
    rows = []
    for card in cards:
        ours, naive = (next(s for s in card.scores if s.subject == who) for who in ("model", "seasonal_naive"))
        errors = [f"{score.metrics['mase']:.3f}" for score in (ours, naive)]
        rows.append((f"{card.name} v{card.version}", f"{card.parameters:,}", *errors))
    return header, rows


def sentiment_rows(cards: list[SentimentCard]) -> tuple[Row, list[Row]]:
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
        rows.append((f"{card.name} v{card.version}", f"{card.parameters:,}", *test, validation, shipped))
        for score in card.scores:
            if score.split == "test" and score.subject != "model":
                rows.append((score.subject, "", f"{score.metrics['accuracy']:.4f}", *[""] * (len(header) - 3)))
    return header, rows


def ablation_rows(found: Mapping[str, Mapping[str, float]]) -> tuple[Row, list[Row]]:
    """The rungs of training.sentiment.ablation, one below the other."""

    def cell(rung: Mapping[str, float], name: str, form: str, scale: float = 1) -> str:
        return format(rung[name] / scale, form) if name in rung else "–"

    header = ("rung", "seeds", "accuracy", "loss", "parameters", "compiled, MB", "ms a review", "training, min")
    rows: list[Row] = [
        (
            name,
            cell(rung, "seeds", ".0f"),
            cell(rung, "accuracy", ".4f"),
            cell(rung, "loss", ".4f"),
            cell(rung, "parameters", ",.0f"),
            cell(rung, "bytes", ".1f", 1e6),
            cell(rung, "milliseconds", ".2f"),
            cell(rung, "seconds", ".0f", 60),
        )
        for name, rung in found.items()
    ]
    return header, rows


def _tried(card: SentimentCard) -> str:
    """What the model did when it was tried: its reasons taken away, and the checklist, by capability."""
    text = ""
    for score in card.scores:
        if score.subject == REASONS:
            found = score.metrics
            text += (
                f"- Without the five words that speak most for its answer, a validation text's probability moves by "
                f"{found['heaviest']:.3f} on average, without five random ones by {found['random']:.3f}; it moves more in "
                f"{found['moved_more']:.1%} of the texts. Weights and baseline make up the log odds within {found['incomplete']:.2%}.\n"
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
    return text + _markdown(("capability", "passed"), rows)


def write_readme(models_dir: Path) -> Path:
    """Write models/README.md anew from the cards on disk."""
    cards = [_newest(path) for path in sorted({file.parent.parent for file in models_dir.glob("*/*/SHA256SUMS")})]
    forecasters = [c for c in cards if isinstance(c, ForecastCard)]
    classifiers = [c for c in cards if isinstance(c, SentimentCard)]
    text = HEAD
    series: dict[str, list[ForecastCard]] = {}
    for card in forecasters:
        if card.reads == "window" or card.readings is not None:
            series.setdefault(card.data.sha256, []).append(card)
    for group in series.values():
        group.sort(key=lambda card: card.scores[-1].metrics["rmse"])
        text += f"\n## Forecasters of {group[0].data.source}\n\n" + _about(group[0])
        text += (
            "\nEverything is in original units on the test part, forecast as the service does: step 1 from every "
            "origin, more steps pooled over the origins with so many readings after them. "
            f"{group[0].choice} `One seed`: mean ± standard deviation over the seeds, each alone.\n\n"
        )
        text += _markdown(*forecast_rows(group))
        text += "\n" + "".join(f"- `{card.name}`: {card.network}\n" for card in group)
    universal = [c for c in forecasters if c.readings is None]
    if universal:
        text += "\n## Forecasters of any series\n\n" + _about(universal[0]) + "\n"
        text += _markdown(*universal_rows(universal))
        text += "\n" + "".join(f"- `{card.name}`: {card.network}\n" for card in universal)
    if classifiers:
        text += "\n## Sentiment\n\n" + _about(classifiers[0])
        text += f"\nMean ± standard deviation over the seeds. {classifiers[0].choice}\n\n"
        text += _markdown(*sentiment_rows(classifiers))
        calibration = classifiers[0].calibration
        text += (
            f"\n- `{classifiers[0].name}`: {classifiers[0].network}\n"
            f"- Answers with a confidence of at least {calibration.confidence_threshold:.3f} "
            f"({calibration.threshold_choice}): {calibration.coverage:.1%} of the test texts, "
            f"{calibration.accuracy_covered:.1%} of them right. The rest is marked `uncertain`.\n"
        ) + _tried(classifiers[0])
        ladder = models_dir / classifiers[0].name / classifiers[0].version / ABLATION_FILE
        if ladder.exists():
            text += "\nWhat each step of the recipe is worth on the validation part, the mean over seeds; a review of 200 words, one core:\n\n"
            text += _markdown(*ablation_rows(read_json(ladder)["rows"]))
    path = models_dir / "README.md"
    path.write_text(text, "utf-8")
    return path


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
