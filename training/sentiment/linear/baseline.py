"""The baseline beside a network: TF-IDF of words and of character n-grams under logistic regression, as scikit-learn has it.

The strength of the penalty is chosen on the validation part. Then the model is fitted to the training and the validation
part: that is what those who use it would do. The curve of its accuracy over the number of texts tells whether more would help.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from service.interfaces import Array, Labels
from training.evaluation import classification
from training.reporting.sentiment_section import TFIDF
from training.sentiment.texts.corpus import Corpus, Labelled

WORD_ORDERS, CHARACTER_ORDERS = (1, 2), (2, 5)
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # C of the regression
CURVE = (0.25, 0.5, 1.0)  # shares of the training texts
MAX_TEXTS = 20_000  # of the training texts: more take minutes
ITERATIONS = 200
SEED = 0


@dataclass(frozen=True)
class Baseline:
    """The logits (texts, classes) by part, the strength, and accuracies on the validation part by number of training texts.

    Those of the validation part are of the model that was fitted to the training part alone.
    """

    logits: Mapping[str, Array]
    strength: float
    curve: Mapping[int, float]


def measure(corpus: Corpus, console: Console) -> Baseline | None:
    """Fit the baseline to the texts of one file; None for many sets, and for too many texts."""
    if corpus.sets or corpus.train_count > MAX_TEXTS:
        return None
    (pool,), held = corpus.pools, corpus.validation
    classes = len(corpus.classes)
    features = _Vectorizer(pool.texts)
    inputs, measured = features(pool.texts), features(held.texts)
    found = {c: _logits(inputs, pool.labels, measured, classes, c) for c in STRENGTHS}
    best = min(STRENGTHS, key=lambda c: _loss(held, found[c]))
    logits = {held.name: found[best]}
    if corpus.tests:
        logits |= _of_tests(corpus, best)
    curve = _curve(inputs, pool.labels, measured, held.labels, classes, best)
    accuracy = classification.accuracy(held.labels, found[best])
    console.print(f"{TFIDF} of words and character n-grams: validation accuracy {accuracy:.3f}")
    return Baseline(logits, best, curve)


def _of_tests(corpus: Corpus, strength: float) -> dict[str, Array]:
    """The logits of the test parts, of a model of the training and the validation part."""
    pool, held = corpus.pools[0], corpus.validation
    texts, labels = [*pool.texts, *held.texts], np.concatenate([pool.labels, held.labels])
    features = _Vectorizer(texts)
    inputs = features(texts)
    return {
        part.name: _logits(inputs, labels, features(part.texts), len(corpus.classes), strength)
        for part in corpus.tests.values()
    }


def _curve(inputs: Any, labels: Labels, measured: Any, held: Labels, classes: int, strength: float) -> dict[int, float]:
    """The accuracy by number of texts, drawn at random: a smaller part is within a larger one."""
    order = np.random.default_rng(SEED).permutation(len(labels))
    curve = {}
    for share in CURVE:
        rows = order[: max(1, round(share * len(order)))]
        if len(np.unique(labels[rows])) > 1:
            logits = _logits(inputs[rows], labels[rows], measured, classes, strength)
            curve[len(rows)] = classification.accuracy(held, logits)
    return curve


class _Vectorizer:
    """TF-IDF of the words' 1- and 2-grams, and of the words' own character n-grams."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        self._union = make_union(
            TfidfVectorizer(ngram_range=WORD_ORDERS, sublinear_tf=True, dtype=np.float32),
            TfidfVectorizer(analyzer="char_wb", ngram_range=CHARACTER_ORDERS, sublinear_tf=True, dtype=np.float32),
        ).fit(texts)

    def __call__(self, texts: Sequence[str]) -> Any:
        return self._union.transform(texts).tocsr()


def _logits(inputs: Any, labels: Labels, measured: Any, classes: int, strength: float) -> Array:
    """The log probabilities of all classes; classes that the labels lack are nearly impossible."""
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it stopped early, or will have other defaults one day
        model = LogisticRegression(C=strength, max_iter=ITERATIONS).fit(inputs, labels)
    logits = np.full((measured.shape[0], classes), np.log(1e-9))
    logits[:, model.classes_] = np.log(np.maximum(model.predict_proba(measured), 1e-9))
    return logits


def _loss(part: Labelled, logits: Array) -> float:
    return classification.log_loss(part.labels, logits, part.weights)
