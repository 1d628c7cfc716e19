"""The linear model to compare with: TF-IDF of words and pairs of words, and a logistic regression of scikit-learn."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)  # candidates for C
FOLDS = 5
MAX_ITERATIONS = 1000


def fit(texts: Sequence[str], labels: Sequence[str], seed: int) -> Pipeline:
    """Fit on labelled texts, with the C that cross-validation on them chooses."""
    strength = choose_strength(texts, labels, seed)
    return make_pipeline(_vectorizer(), _regression(strength)).fit(texts, labels)


def choose_strength(texts: Sequence[str], labels: Sequence[str], seed: int) -> float:
    """Return the C of the greatest accuracy over the folds, the smallest of equals; 1 if a class has a single text."""
    folds = min(FOLDS, *Counter(labels).values())
    if folds < 2:
        return 1.0
    rows, names = np.array(texts, dtype=object), np.array(labels)
    correct = np.zeros(len(STRENGTHS))
    for fitted, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, names):
        vectorizer = _vectorizer()
        inputs, held_inputs = vectorizer.fit_transform(rows[fitted]), vectorizer.transform(rows[held])
        for index, strength in enumerate(STRENGTHS):
            model = _regression(strength).fit(inputs, names[fitted])
            correct[index] += np.sum(model.predict(held_inputs) == names[held])
    return STRENGTHS[int(np.argmax(correct))]


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=MAX_ITERATIONS)
