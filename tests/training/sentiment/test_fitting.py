"""Batches, crops, and the baseline of the word weights."""

import numpy as np
import pytest

from tests import review_networks

pytestmark = pytest.mark.slow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_longer_texts_are_cropped_in_training(rng):
    """Consecutive words of some texts longer than 64 words, with the whole text's target; other crops in every epoch."""
    from training.sentiment import fitting

    texts = [np.arange(2, 2 + length, dtype=np.int32) for length in (10, 64, 65, 300)]
    batches = fitting.Batches(texts, np.array([0, 1, 2, 3], np.float32), rng, crop_share=0.5)
    crops, sources = [], []
    for _ in range(40):
        ((tokens, targets),) = batches
        rows = [row[row > 0] for row in tokens]
        assert len(rows) == 5
        ((crop, source),) = [
            (row, int(target)) for row, target in zip(rows, targets, strict=True) if len(row) < len(texts[int(target)])
        ]
        crops.append(crop)
        sources.append(source)
    lengths = [len(crop) for crop in crops]
    assert 4 <= min(lengths) < max(lengths) <= 64
    assert all((np.diff(crop) == 1).all() for crop in crops)
    assert set(sources) == {2, 3}
    assert len({int(crop[0]) for crop in crops}) > 10
    assert len(fitting.Batches(texts * 64, np.zeros(256, np.float32), rng, crop_share=0.5)) == 5


def test_words_are_dropped_only_in_training(rng):
    """Dropped words become the unknown word; padding stays padding."""
    from training.sentiment import fitting

    texts = [np.full(20, 7, np.int32), np.full(30, 7, np.int32)]
    ((tokens, _),) = fitting.Batches(texts, np.zeros(2, np.float32), rng, word_dropout=0.5)
    assert tokens.shape == (2, 32)
    assert 10 < (tokens == 1).sum() < 40
    assert (tokens == 0).sum() == 12 + 2
    ((tokens, _),) = fitting.Batches(texts, np.zeros(2, np.float32), None, word_dropout=0.5)
    assert not (tokens == 1).any()


def test_logits_are_in_the_order_of_the_texts(rng):
    """Whatever the lengths of their neighbours."""
    from training.sentiment import fitting

    network = review_networks.trainable()
    texts = [row[row > 0] for row in review_networks.padded(rng, [9, 1, 30, 4], 30)]
    logits = fitting.logits(network, texts)
    alone = np.concatenate([fitting.logits(network, [text]) for text in texts])
    np.testing.assert_allclose(logits, alone, atol=1e-5)


def test_the_baseline_is_the_mean_state_of_texts_of_that_length(rng):
    """Texts too short for crops: on average their states are as their length predicts."""
    from training.networks import review
    from training.sentiment import fitting

    network = review_networks.trainable()
    texts = [row[row > 0] for row in review_networks.padded(rng, [1, 2, 3, 4, 4, 0], 4)]
    baseline_state, length_slope = fitting.baseline_states(network, texts, rng)
    log_lengths = np.log(np.array([1, 1, 2, 2, 2]) / review.BASELINE_STEPS)
    expected = baseline_state + log_lengths[:, None] * length_slope
    states = fitting.pooled_states(network, texts[:5])
    np.testing.assert_allclose(states.mean(axis=0), expected.mean(axis=0), atol=1e-4)


def test_the_baseline_is_of_texts_from_all_over_the_file(rng, monkeypatch):
    """In a file sorted by label, the first texts alone would be of one class."""
    from training.networks import review
    from training.sentiment import fitting

    monkeypatch.setattr(fitting, "MAX_BASELINE_TEXTS", 2)
    network = review_networks.trainable()
    first, last = np.array([5, 6], np.int32), np.array([40, 41], np.int32)
    baseline_state, length_slope = fitting.baseline_states(network, [first, first, last, last], rng)
    expected = baseline_state + np.log(1 / review.BASELINE_STEPS) * length_slope
    np.testing.assert_allclose(fitting.pooled_states(network, [first, last]).mean(axis=0), expected, atol=1e-4)
