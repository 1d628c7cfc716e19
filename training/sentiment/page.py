"""The report of a training run, report.html: whether to use the network, how well it is calibrated, and which cases fail."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.artifacts.card import SentimentCard
from service.interfaces import Array, Labels
from training.evaluation import classification
from training.evaluation.checklist import Outcome
from training.reporting import html_page, plots, sentiment_section
from training.reporting.plots import Answers
from training.reporting.tables import Row
from training.sentiment import scores
from training.sentiment.card import TrainingResult

MAX_LOSS_RATIO = 0.98  # of the network's validation loss to the linear model's, for the network to be recommended
MAX_LINES = 8  # classes in the picture of calibration
PICTURES = {
    "curves": "Loss by epoch, of the network that ships.",
    "reliability": "How often answers of each confidence are right, by the class that was predicted.",
    "selective": "How often the surest answers are right, by length; from the dot on, answers are not uncertain.",
}


class Measured(NamedTuple):
    """What the pictures show: class numbers, probabilities and counts of tokens of the texts that `name` says."""

    name: str
    labels: Labels
    probabilities: Array
    tokens: Labels


def measured(result: TrainingResult) -> Measured:
    """Return the texts of all test parts with their answers, or those of the validation part if there is no test part."""
    parts = result.held_out[1:] or result.held_out
    logits = np.concatenate([result.shipped.logits[each.part.name] for each in parts])
    return Measured(
        "test texts" if len(result.held_out) > 1 else "validation texts",
        np.concatenate([each.part.labels for each in parts]),
        classification.softmax(logits),
        np.array([len(tokens) for each in parts for tokens in each.tokens]),
    )


def draw(directory: Path, result: TrainingResult, card: SentimentCard) -> dict[str, Path]:
    """Draw the pictures of the page into `directory`, and return their paths by name."""
    pictures = {name: directory / f"{name}.png" for name in PICTURES}
    shipped, texts = result.shipped, measured(result)
    history = shipped.history
    panels = {"loss": {"training (dropout on)": history["loss"], "validation": history["val_loss"]}}
    network = f"{'seed' if len(shipped.seeds) == 1 else 'mean of seeds'} {', '.join(map(str, shipped.seeds))}"
    plots.curves(pictures["curves"], f"{card.name}, {network}", panels, shipped.best_epoch, log=False)
    error = classification.expected_calibration_error(texts.labels, texts.probabilities)
    plots.reliability(pictures["reliability"], f"{texts.name}, ECE {error:.3f}", by_class(texts, card.classes))
    rows = scores.polar_rows(texts.labels, result.corpus.poles)
    title = f"{texts.name} of the poles" if result.corpus.poles else texts.name
    bands = by_length(Measured(title, texts.labels[rows], texts.probabilities[rows], texts.tokens[rows]), card)
    plots.selective(
        pictures["selective"], title, {name: band for name, (band, _) in bands.items()}, [t for _, t in bands.values()]
    )
    return pictures


def by_class(texts: Measured, classes: Sequence[str]) -> dict[str, Answers]:
    """Return the answers of all texts, and by the class that was predicted: the MAX_LINES commonest ones."""
    confidence, is_right = classification.confidences(texts.labels, texts.probabilities)
    predicted = texts.probabilities.argmax(axis=1)
    counts = np.bincount(predicted, minlength=len(classes))
    shown = sorted(np.argsort(-counts, kind="stable")[:MAX_LINES].tolist())
    groups = {classes[number]: predicted == number for number in shown if counts[number]}
    return {"all": (confidence, is_right)} | {name: (confidence[own], is_right[own]) for name, own in groups.items()}


def by_length(texts: Measured, card: SentimentCard) -> dict[str, tuple[Answers, float]]:
    """Return the answers and the threshold of each length band of the card that has texts."""
    confidence, is_right = classification.confidences(texts.labels, texts.probabilities)
    bands: dict[str, tuple[Answers, float]] = {}
    least = -1
    for threshold in card.calibration.confidence_thresholds:
        bound = threshold.max_tokens
        own = (texts.tokens > least) & (texts.tokens <= (np.inf if bound is None else bound))
        name = _band(least, bound)
        if own.any():
            bands[name] = (confidence[own], is_right[own]), threshold.confidence
        least = least if bound is None else bound
    return bands


def _band(least: int, bound: int | None) -> str:
    """The name of the texts of more than `least` tokens, up to the bound."""
    if bound is None:
        return "any length" if least < 0 else f"{least + 1} tokens or more"
    return f"up to {bound} tokens" if least < 0 else f"{least + 1} to {bound} tokens"


def write(directory: Path, result: TrainingResult, card: SentimentCard, version: Path, outcomes: list[Outcome]) -> Path:
    """Write report.html, which contains its pictures, and the pictures beside it; return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    pictures = {name: directory / f"{name}.png" for name in PICTURES}
    for name, path in pictures.items():
        shutil.copyfile(version / "plots" / f"{name}.png", path)
    failures = [f"{outcome.capability}: {failure}" for outcome in outcomes for failure in outcome.failures]
    remarks = [f"{split.name}: {split.rows:,} texts; {split.use}" for split in card.splits] + card.data.audit
    return html_page.write(
        directory / "report.html",
        card.data.source,
        f"{recommendation(result)} Exported: {card.name} v{card.version}.",
        _part("The texts", *sentiment_section.set_rows(card), html_page.bullets(remarks)),
        _part(
            "Scores",
            *sentiment_section.score_rows(card),
            html_page.paragraph(f"{card.choice} {sentiment_section.score_notes(card)}"),
        ),
        _part("Each seed alone", *sentiment_section.seed_rows(card)) if len(card.seeds) > 1 else "",
        _part(
            "When an answer is uncertain",
            *sentiment_section.threshold_rows(card),
            html_page.paragraph(card.calibration.threshold_choice),
        ),
        html_page.bullets(sentiment_section.further_scores(card)),
        html_page.figures({pictures[name]: caption for name, caption in PICTURES.items()}),
        _part("Checklist", *sentiment_section.checklist_rows(card)) if outcomes else "",
        html_page.heading("Cases that fail") + html_page.bullets(failures) if failures else "",
    )


def _part(title: str, header: Row, rows: list[Row], after: str = "") -> str:
    """A heading, a table unless it has no rows, and what comes after it."""
    return html_page.heading(title) + (html_page.table(header, rows, best=None) if rows else "") + after


def recommendation(result: TrainingResult) -> str:
    """Return a sentence on whether to use the network; it depends on the validation part alone, where every set weighs the same."""
    part, linear = result.held_out[0].part, result.held_out[0].linear
    both = (result.shipped.logits[part.name], linear / classification.temperature(part.labels, linear))
    losses = [abs(classification.log_loss(part.labels, logits, part.weights)) for logits in both]  # 0, not -0
    shares = [float(np.average(logits.argmax(axis=1) == part.labels, weights=part.weights)) for logits in both]
    comparison = (
        f"{shares[0]:.1%} of {len(part.texts):,} validation texts are told right, by n-grams alone {shares[1]:.1%}"
    )
    if losses[0] < losses[1] * MAX_LOSS_RATIO:
        return f"Use the network: {comparison}, with a loss of {losses[0]:.3f} against {losses[1]:.3f}."
    return (
        f"A linear model on n-grams is the better choice here: {comparison}, and the loss of {losses[0]:.3f} against "
        f"{losses[1]:.3f} is not worth a network."
    )
