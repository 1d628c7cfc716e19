"""The scores of a trained sentiment model: each split, each set, the seeds, and the baselines beside it."""

from collections.abc import Sequence

import numpy as np

from service.artifacts.card import Score
from service.interfaces import Array, Labels
from training.evaluation import classification, thresholds
from training.reporting.sentiment_section import TFIDF
from training.sentiment.network.seeds import Encoded, SeedRun
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.texts.corpus import VALIDATION

SURE_ACCURACY = 0.95  # of the answers that are not uncertain
Poles = tuple[int, int] | None


def polar_rows(labels: Labels, poles: Poles) -> Labels:
    """Return the rows whose labels are poles; all rows where there are none."""
    return np.flatnonzero(np.isin(labels, poles)) if poles else np.arange(len(labels))


def metrics(
    labels: Labels, probabilities: Array, tokens: Labels, poles: Poles, chosen: Sequence[thresholds.Threshold]
) -> dict[str, float]:
    """Return the metrics of one split, for the card.

    `polar_balanced_accuracy` is over the texts of the poles, by the larger of the poles' probabilities. `polar_answered` is the
    share of these texts with enough confidence for their length, `polar_right` the share of those that have the right label.
    Macro F1 is left out where only the poles occur.
    """
    found = classification.class_metrics(labels, probabilities)
    if poles is None:
        return _finite(found)
    rows = polar_rows(labels, poles)
    if len(rows) == len(labels) and probabilities.shape[1] > 2:
        found.pop("macro_f1")
    if len(np.unique(labels[rows])) == 2:
        sides = probabilities[rows][:, list(poles)]
        numbers = (labels[rows] == poles[1]).astype(np.int64)
        found["polar_balanced_accuracy"] = classification.balanced_accuracy(numbers, sides)
    if len(rows):
        confidence, is_correct = classification.confidences(labels[rows], probabilities[rows])
        is_sure = confidence >= _least(tokens[rows], chosen)
        found["polar_answered"] = float(is_sure.mean())
        found["polar_right"] = float(is_correct[is_sure].mean()) if is_sure.any() else float("nan")
    return _finite(found)


def _finite(found: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _least(tokens: Labels, chosen: Sequence[thresholds.Threshold]) -> Array:
    """The confidence that each text needs."""
    bounds = [threshold.max_tokens for threshold in chosen[:-1]]
    bands = np.searchsorted(np.array(bounds, np.int64), tokens)
    return np.array([threshold.confidence for threshold in chosen])[bands]


def of_result(result: TrainingResult, chosen: Sequence[thresholds.Threshold]) -> list[Score]:
    """Return the scores of the shipped model, of the n-grams alone, of the baseline and of the commonest class, by split and by set."""
    rows = []
    for encoded in result.held_out:
        name, poles = encoded.part.name, result.corpus.poles
        for split, own in _splits(encoded):
            rows.append(_score(split, "model", encoded, own, result.shipped.logits[name], poles, chosen))
            rows.append(_score(split, "n-grams", encoded, own, encoded.linear, poles, chosen))
            if result.baseline and name in result.baseline.logits:
                rows.append(_score(split, TFIDF, encoded, own, result.baseline.logits[name], poles, chosen))
        if name != VALIDATION:
            majority = int(np.bincount(result.corpus.pools[0].labels).argmax())
            accuracy = float((encoded.part.labels == majority).mean())
            rows.append(
                Score(split=name, subject="majority class", count=len(encoded.tokens), metrics={"accuracy": accuracy})
            )
    return rows


def _splits(encoded: Encoded) -> list[tuple[str, Labels]]:
    """The part as a whole and, of the validation part, each set, if there are several."""
    part = encoded.part
    names = list(dict.fromkeys(part.sets)) if part.name == VALIDATION else []
    by_set = [(f"{part.name}: {name}", part.of_set(name)) for name in names] if len(names) > 1 else []
    return [(part.name, np.arange(len(part.texts))), *by_set]


def _score(
    split: str,
    subject: str,
    encoded: Encoded,
    rows: Labels,
    logits: Array,
    poles: Poles,
    chosen: Sequence[thresholds.Threshold],
) -> Score:
    return Score(
        split=split,
        subject=subject,
        count=len(rows),
        metrics=_measure(encoded, rows, logits, poles, chosen),
    )


def _measure(
    encoded: Encoded, rows: Labels, logits: Array, poles: Poles, chosen: Sequence[thresholds.Threshold]
) -> dict[str, float]:
    tokens = np.array([len(text) for text in encoded.tokens])
    probabilities = classification.softmax(logits[rows])
    return metrics(encoded.part.labels[rows], probabilities, tokens[rows], poles, chosen)


def by_seed(result: TrainingResult, chosen: Sequence[thresholds.Threshold]) -> dict[str, dict[str, list[float]]]:
    """Return by split and metric the values of the seeds' networks, in the order of the seeds."""
    table: dict[str, dict[str, list[float]]] = {}
    for encoded in result.held_out:
        measured = [_of_run(run, encoded, result.corpus.poles, chosen) for run in result.runs]
        table[encoded.part.name] = {
            name: [each[name] for each in measured] for name in measured[0] if all(name in each for each in measured)
        }
    return table


def _of_run(run: SeedRun, encoded: Encoded, poles: Poles, chosen: Sequence[thresholds.Threshold]) -> dict[str, float]:
    rows = np.arange(len(encoded.part.texts))
    return _measure(encoded, rows, run.logits[encoded.part.name], poles, chosen)
