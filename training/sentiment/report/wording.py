"""What the report of a sentiment model says in words: what to use, how to ask it, and whether more texts would help."""

import json

import numpy as np

from service.artifacts.card import SentimentCard
from service.interfaces import Array, Labels
from training.evaluation import classification
from training.reporting.sentiment_section import NGRAMS, TFIDF
from training.sentiment.linear.baseline import Baseline
from training.sentiment.recipe.result import TrainingResult

MAX_LOSS_RATIO = 0.98  # of the network's validation loss to the baseline's, for the network to be recommended
EXAMPLE = "It arrived late, but it works well."
SURE = 1.96  # standard errors: 95 %
RISE = 0.005  # of the accuracy, from half of the texts to all of them, that says that more would help
ADDRESS = "http://127.0.0.1:8000"


def recommendation(result: TrainingResult) -> str:
    """Return what to use; it depends on the validation part alone, where every set weighs the same."""
    part = result.held_out[0].part
    name, beside = _baseline(result)
    both = (result.shipped.logits[part.name], beside / classification.temperature(part.labels, beside))
    losses = [abs(classification.log_loss(part.labels, logits, part.weights)) for logits in both]  # 0, not -0
    shares = [float(np.average(logits.argmax(axis=1) == part.labels, weights=part.weights)) for logits in both]
    comparison = (
        f"{shares[0]:.1%} of {len(part.texts):,} validation texts are told right, by {name} {shares[1]:.1%}, with a loss "
        f"of {losses[0]:.3f} against {losses[1]:.3f}"
    )
    if losses[0] < losses[1] * MAX_LOSS_RATIO:
        return f"Use the network: {comparison}."
    return f"{name[0].upper()}{name[1:]} is the better choice here: {comparison}; that is not worth a network."


def _baseline(result: TrainingResult) -> tuple[str, Array]:
    """The name and the validation logits of what the network is compared with."""
    validation = result.held_out[0]
    if result.baseline:
        return f"{TFIDF} with logistic regression", result.baseline.logits[validation.part.name]
    return f"a linear model of {NGRAMS} alone", validation.linear


def test_comparison(result: TrainingResult) -> str:
    """Return how many points of accuracy the network gains on the test part, and how sure that is; empty without a baseline."""
    found = [each for each in result.held_out[1:] if result.baseline and each.part.name in result.baseline.logits]
    if not found or result.baseline is None:
        return ""
    (each,) = found[:1]
    part = each.part
    own, other = (
        logits.argmax(axis=1) == part.labels
        for logits in (result.shipped.logits[part.name], result.baseline.logits[part.name])
    )
    gain, error = difference(own.astype(np.int64), other.astype(np.int64))
    return (
        f"On the {len(part.texts):,} test texts, looked at once: {own.mean():.1%} told right, by {TFIDF} {other.mean():.1%}; "
        f"a difference of {100 * gain:+.1f} points (95 % interval {100 * (gain - SURE * error):+.1f} to "
        f"{100 * (gain + SURE * error):+.1f})."
    )


def difference(first: Labels, second: Labels) -> tuple[float, float]:
    """Return the mean difference of two paired rows of 0 and 1, and its standard error."""
    differences = (first - second).astype(np.float64)
    return float(differences.mean()), float(differences.std() / np.sqrt(max(1, len(differences))))


def what_to_call(card: SentimentCard) -> str:
    """Return the request to copy."""
    body = json.dumps({"text": EXAMPLE, "model": card.name})
    return f"curl -s {ADDRESS}/sentiment -H 'Content-Type: application/json' \\\n  -d '{body}'"


def majority(labels: Labels, classes: list[str]) -> str:
    """Return what the commonest class alone would get, so that nobody mistakes it for knowledge."""
    counts = np.bincount(labels, minlength=len(classes))
    share = counts.max() / max(1, counts.sum())
    return (
        f"Who always answers '{classes[int(counts.argmax())]}' is right in {share:.1%} of these texts, with a balanced accuracy "
        f"of {1 / max(1, int((counts > 0).sum())):.1%}. Compare accuracies with the first, balanced accuracies with the second."
    )


def more_texts(baseline: Baseline, validation: int) -> str:
    """Return whether more texts would help, as far as the baseline's learning curve tells."""
    sizes = sorted(baseline.curve)
    if len(sizes) < 2:
        return ""
    half, full = sizes[-2:]
    rise, last = baseline.curve[full] - baseline.curve[half], baseline.curve[full]
    error = np.sqrt(max(last * (1 - last), 1e-9) / validation)
    verdict = "more texts are likely to help" if rise >= RISE else "more texts of this kind hardly help it"
    return (
        f"From {half:,} to {full:,} texts the validation accuracy of {TFIDF} changes by {100 * rise:+.1f} points: {verdict}. "
        f"(Each point of the curve has a standard error of about {100 * error:.1f}.)"
    )
