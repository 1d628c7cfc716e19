"""What models/README.md and report.html say of a classifier: its tables, from the card alone."""

from collections.abc import Mapping, Sequence

from service.artifacts.card import Score, SentimentCard
from training.reporting.tables import Row, drop_empty_columns, markdown

MODEL, NGRAMS, MAJORITY, SERVED = "model", "n-grams", "majority class", "as served"  # subjects of scores
TFIDF = "TF-IDF"  # of words and character n-grams, under logistic regression
REASONS, CHECKLIST = "deletion of five words", "checklist"  # the subject of one score, and the split of others
ABLATION_FILE = "ladder.json"
VALIDATION, TEST = "validation", "test"  # splits; of one set of several: "test: NAME"
MISSING = "–"
NAMES = {
    "polar_balanced_accuracy": "balanced accuracy of the poles",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "accuracy": "accuracy",
    "nll": "NLL",
    "ece": "ECE",
    "polar_answered": "not uncertain",
    "polar_right": "of these right",
}


def main_metric(card: SentimentCard) -> str:
    """Return the metric that the tables begin with: that of the poles, where there are poles."""
    return "polar_balanced_accuracy" if card.poles else "balanced_accuracy"


def score_rows(card: SentimentCard) -> tuple[Row, list[Row]]:
    """Return a row for each split: the shipped model's metrics, and beside them those of TF-IDF, or else of n-grams, and of the majority class.

    After several sets of the validation part, or several test parts, comes their mean.
    """
    main = main_metric(card)
    columns = [(MODEL, name) for name in (main, "macro_f1", "accuracy", "ece", "polar_answered", "polar_right")]
    has_baseline = any(score.subject == TFIDF for score in card.scores)
    columns += [(TFIDF if has_baseline else NGRAMS, name) for name in (main, "macro_f1", "accuracy")]
    columns += [(MAJORITY, "accuracy")]
    names = [NAMES[name] if subject == MODEL else f"{subject}: {NAMES[name]}" for subject, name in columns]
    rows: list[Row] = []
    for label, splits in _splits(card).items():
        counts = [score.count for score in card.scores if score.subject == MODEL and score.split in splits]
        cells = (_mean(card, splits, subject, name) for subject, name in columns)
        rows.append((label, f"{sum(counts):,}", *cells))
    return drop_empty_columns(("part", "texts", *names), rows)


def _splits(card: SentimentCard) -> dict[str, list[str]]:
    """The label of each row, and the splits that it is the mean of."""
    names = [score.split for score in card.scores if score.subject == MODEL]
    rows: dict[str, list[str]] = {}
    for kind in (VALIDATION, TEST):
        of_sets = [name for name in names if name.startswith(f"{kind}: ")]
        rows |= {name: [name] for name in of_sets or names if name.startswith(kind)}
        rows |= {f"{kind}, mean of {len(of_sets)}": of_sets} if len(of_sets) > 1 else {}
    return rows


def _mean(card: SentimentCard, splits: Sequence[str], subject: str, metric: str) -> str:
    """The mean over the splits that have the metric: every set weighs the same."""
    scores = [score for score in card.scores if score.subject == subject and score.split in splits]
    values = [score.metrics[metric] for score in scores if metric in score.metrics]
    return f"{sum(values) / len(values):.3f}" if values else MISSING


def seed_rows(card: SentimentCard) -> tuple[Row, list[Row]]:
    """Return mean ± standard deviation over the seeds, each alone, for the validation part and each test part."""
    metrics = (main_metric(card), "macro_f1", "accuracy", "nll", "ece")
    spreads = {(row.split, row.metric): f"{row.mean:.4f} ± {row.std:.4f}" for row in card.spread}
    splits = dict.fromkeys(row.split for row in card.spread if not row.split.startswith(f"{VALIDATION}: "))
    rows: list[Row] = [(split, *(spreads.get((split, name), MISSING) for name in metrics)) for split in splits]
    return drop_empty_columns(("part", *(NAMES[name] for name in metrics)), rows)


def set_rows(card: SentimentCard) -> tuple[Row, list[Row]]:
    """Return a row for each data set that the model has learnt from."""
    rows: list[Row] = [
        (
            f"[{each.name}]({each.home})" if each.home.startswith("https://") else f"{each.name} ({each.home})",
            f"{sum(each.rows.values()):,}",
            each.licence or "none stated",
            each.domain,
            each.label_quality,
        )
        for each in card.sets
    ]
    return ("set", "texts", "licence", "what they are", "labels"), rows


def threshold_rows(card: SentimentCard) -> tuple[Row, list[Row]]:
    """Return a row for each length band: the confidence that makes an answer certain, and what that is worth."""
    rows: list[Row] = [
        (
            f"up to {each.max_tokens}" if each.max_tokens is not None else "any",
            f"{each.confidence:.3f}",
            f"{each.coverage:.1%}",
            f"{each.accuracy_covered:.1%}",
        )
        for each in card.calibration.confidence_thresholds
    ]
    return ("tokens read", "least confidence", "texts at or over it", "of these right"), rows


def checklist_rows(card: SentimentCard) -> tuple[Row, list[Row]]:
    """Return a row for each capability of the checklist, and one for all of them; none if it was not run."""
    outcomes = [score for score in card.scores if score.split == CHECKLIST]
    rows: list[Row] = [(score.subject, *_passed([score])) for score in outcomes]
    return ("capability", "passed", "share"), [*rows, ("all", *_passed(outcomes))] if rows else []


def _passed(outcomes: Sequence[Score]) -> Row:
    passed = sum(round(score.metrics["passed"] * score.count) for score in outcomes)
    cases = sum(score.count for score in outcomes)
    return f"{passed} of {cases}", f"{passed / cases:.0%}"


def ablation_rows(steps: Mapping[str, Mapping[str, float]]) -> tuple[Row, list[Row]]:
    """Return a row for each step of training.sentiment.ablation; `steps` are name → figures."""
    forms = dict.fromkeys((*NAMES, "loss"), ".4f") | {"seeds": ".0f", "parameters": ",.0f", "seconds": ",.0f"}
    wanted = ("polar_balanced_accuracy", "balanced_accuracy", "macro_f1", "loss", "seeds", "parameters", "seconds")
    rows: list[Row] = [
        (step, *(format(figures[name], forms[name]) if name in figures else MISSING for name in wanted))
        for step, figures in steps.items()
    ]
    return drop_empty_columns(("rung", *(NAMES.get(name, name) for name in wanted)), rows)


def section(card: SentimentCard, about: str, ablation: Mapping[str, Mapping[str, float]] | None) -> str:
    """Return the section of a model; `about` says what it was trained on, `ablation` has the steps, if they were measured."""
    calibration = card.calibration
    header, rows = score_rows(card)
    parts = [
        f"\n## {card.name.capitalize()}\n\n{about}",
        _table(f"{card.choice} {score_notes(card)}", header, rows),
        _table("Each seed alone, mean ± standard deviation:", *seed_rows(card)) if len(card.seeds) > 1 else "",
        f"\n- `{card.name}` v{card.version}, {card.parameters:,} parameters: {card.network}, {len(card.classes)} classes\n",
        *(f"- {line}\n" for line in further_scores(card)),
        _table(
            f"An answer below the confidence of its length is `uncertain`: {calibration.threshold_choice}. Measured on "
            f"{calibration.measured_on}:",
            *threshold_rows(card),
        ),
        _table("The data sets. Where no licence is stated, ask their authors before you use them:", *set_rows(card)),
        _table("The checklist (`checklist.json` names the cases that fail):", *checklist_rows(card)),
        _table("What each step of the recipe is worth on the validation part:", *ablation_rows(ablation or {})),
    ]
    return "".join(parts)


def score_notes(card: SentimentCard) -> str:
    """Return what a reader must know of the table of scores."""
    notes = ["The figures are of the network as it ships."]
    if len(card.seeds) == 1:
        notes.append("One seed: another one would give somewhat other figures.")
    if any(MISSING in row for row in score_rows(card)[1]):
        notes.append("A dash: the part has no texts for the figure, or it was not measured.")
    if card.poles:
        poles = f"{card.poles.negative} and {card.poles.positive}"
        notes.append(
            f"The balanced accuracy of the poles is by the sign of the score, on the texts that are {poles}. The shares that are "
            "not uncertain, and right of these, are of the same texts."
        )
    return " ".join(notes)


def _table(title: str, header: Row, rows: list[Row]) -> str:
    """A table with a line above it, or nothing if it has no rows."""
    return f"\n{title}\n\n{markdown(header, rows)}" if rows else ""


def further_scores(card: SentimentCard) -> list[str]:
    """Return sentences on the faithfulness of the weights, on the model as served, and on when a text is mixed."""
    lines = []
    for score in card.scores:
        metrics = score.metrics
        if score.subject == REASONS:
            lines.append(
                f"Without the five words that speak most for its answer, the probability of the class of a {score.split} text moves by "
                f"{metrics['heaviest']:.3f} on average, without five random ones by {metrics['random']:.3f}; it moves more in "
                f"{metrics['moved_more']:.1%} of the texts. Weights and baseline make up the logits within "
                f"{metrics['incomplete']:.2%}."
            )
        if score.subject == SERVED and "accuracy" in metrics:
            lines.append(
                f"As served, its weights in bytes: accuracy {metrics['accuracy']:.4f} on {score.count:,} {score.split} texts."
            )
    if card.mixed:
        lines.append(
            f"A text is `mixed` if a sentence's evidence for the positive class is {card.mixed.positive:.2f} or more and "
            f"another's {card.mixed.negative:.2f} or less: {card.mixed.threshold_choice}."
        )
    return lines
