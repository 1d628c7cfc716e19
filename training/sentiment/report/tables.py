"""What the report of a sentiment model shows as tables: scores by class, confusions, confident errors, words that decide."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from service.interfaces import Labels
from service.sentiment.classifier import SentimentClassifier
from training.evaluation import classification
from training.reporting.tables import Row
from training.sentiment.report.measured import Measured

MAX_ERRORS = 12
MAX_SHOWN = 180  # characters of a text
EXPLAINED_TEXTS = 400
WORDS_PER_CLASS = 12
MIN_COUNT = 3  # of texts that have the word
MAX_WORD = 30  # characters
PUNCTUATION = {"", ".", ",", ";", ":"}  # no words; "!" and "?" may say something
MAX_CLASSES = 20  # in the table of words


def class_rows(texts: Measured, classes: Sequence[str]) -> tuple[Row, list[Row]]:
    """Return a row for each class: how many texts are of it, and precision, recall and F1."""
    rows: list[Row] = []
    for name, found in zip(classes, classification.by_class(texts.labels, texts.probabilities), strict=True):
        numbers = (found.precision, found.recall, found.f1)
        rows.append((name, f"{found.count:,}", *("–" if np.isnan(number) else f"{number:.3f}" for number in numbers)))
    return ("class", "texts", "precision", "recall", "F1"), rows


def confusion(texts: Measured, classes: Sequence[str]) -> list[list[int]]:
    """Return how many texts of each class (rows) got each class (columns)."""
    counts = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(counts, (texts.labels, texts.probabilities.argmax(axis=1)), 1)
    return [[int(count) for count in row] for row in counts]


def error_rows(texts: Measured, classes: Sequence[str]) -> tuple[Row, list[Row]]:
    """Return the errors of most confidence: the label, the answer, its confidence, and the text."""
    confidence, is_right = classification.confidences(texts.labels, texts.probabilities)
    wrong = np.flatnonzero(is_right == 0)
    chosen = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_ERRORS]
    predicted = texts.probabilities.argmax(axis=1)
    rows: list[Row] = [
        (classes[texts.labels[row]], classes[predicted[row]], f"{confidence[row]:.2f}", shortened(texts.texts[row]))
        for row in chosen
    ]
    return ("label", "answer", "confidence", "text"), rows


def shortened(text: str, most: int = MAX_SHOWN) -> str:
    """Return a text on one line, its middle left out where it is long."""
    line = " ".join(text.split())
    half = most // 2
    return line if len(line) <= most else f"{line[:half].rstrip()} … {line[-half:].lstrip()}"


def word_rows(classifier: SentimentClassifier, texts: Sequence[str], classes: Sequence[str]) -> tuple[Row, list[Row]]:
    """Return the words that speak most for each class where it is the answer, with their mean weight and number of texts.

    They are ordered by the mean weight times the root of the number of texts, so that common words of little weight, such as
    "the", come late. Classes that are never the answer have no row.
    """
    weights = _weights(classifier, texts[:EXPLAINED_TEXTS])
    rows: list[Row] = []
    for number in sorted(weights)[:MAX_CLASSES]:
        common = {word: found for word, found in weights[number].items() if len(found) >= MIN_COUNT and sum(found) > 0}
        best = sorted(common, key=lambda word: -sum(common[word]) / np.sqrt(len(common[word])))[:WORDS_PER_CLASS]
        said = [f"{word} (+{np.mean(common[word]):.2f} in {len(common[word])})" for word in best]
        if said:
            rows.append((classes[number], ", ".join(said)))
    return ("class", "words"), rows


def _weights(classifier: SentimentClassifier, texts: Sequence[str]) -> dict[int, dict[str, list[float]]]:
    """By class that is the answer and by word: its weight in each text, summed where it stands there several times."""
    found: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for text in texts:
        (prediction,) = classifier.predict([classifier.prepare(text, explain=True)])
        sums: dict[str, float] = defaultdict(float)
        for word in classifier.attributions(text, prediction):
            if (written := text[word.start : word.end].casefold()[:MAX_WORD]) not in PUNCTUATION:
                sums[written] += word.weight
        for written, weight in sums.items():
            found[prediction.label][written].append(weight)
    return found


def class_balance(labels: Labels, classes: Sequence[str]) -> tuple[Row, list[Row]]:
    """Return a row for each class: its number of texts, and its share of all."""
    counts = np.bincount(labels, minlength=len(classes))
    rows: list[Row] = [
        (name, f"{count:,}", f"{count / max(1, len(labels)):.1%}")
        for name, count in zip(classes, counts.tolist(), strict=True)
    ]
    return ("class", "texts", "share"), rows
