"""TF-IDF beside the network, on made-up texts. No TensorFlow."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from training.sentiment.linear import baseline
from training.sentiment.options import DataOptions
from training.sentiment.texts.corpus import from_splits
from training.sentiment.texts.splits import load

WORDS = {"good": ["lovely", "great", "superb"], "bad": ["awful", "dull", "poor"]}


@pytest.fixture
def corpus(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (f"this film number {n} is {rng.choice(words)} and {rng.choice(words)}", name)
        for n in range(150)
        for name, words in WORDS.items()
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "mine.csv", index=False)
    return from_splits(load(DataOptions(data=tmp_path / "mine.csv")))


def test_the_baseline_tells_the_classes_of_every_part_and_has_a_curve(corpus):
    """The curve goes up to all training texts, and each part has logits of all classes."""
    found = baseline.measure(corpus, Console(quiet=True))
    assert found.strength in baseline.STRENGTHS
    assert list(found.logits) == ["validation", "test"]
    for part in (corpus.validation, *corpus.tests.values()):
        assert found.logits[part.name].shape == (len(part.texts), 2)
        assert np.mean(found.logits[part.name].argmax(axis=1) == part.labels) == 1.0
    sizes = list(found.curve)
    assert sizes == sorted(sizes)
    assert sizes[-1] == corpus.train_count


def test_too_many_texts_have_no_baseline(corpus, monkeypatch):
    monkeypatch.setattr(baseline, "MAX_TEXTS", 10)
    assert baseline.measure(corpus, Console(quiet=True)) is None
