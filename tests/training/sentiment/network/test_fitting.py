"""Fitting: learning rates, the best epoch, logits in order, and the baseline of the word weights."""

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES, spell
from tests import review_networks
from tests.review_networks import CLASSES, VOCABULARY

pytestmark = pytest.mark.slow
NAMES = ["", "[UNK]", *(f"w{chr(97 + number % 26)}{number}" for number in range(2, VOCABULARY)), "strange", "odd"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def words():
    """The vocabulary and two unknown words."""
    from training.sentiment.network.fitting import Words

    return Words(np.frombuffer(spell(NAMES), np.uint8).reshape(-1, SPELLING_BYTES), VOCABULARY)


def texts_of(rng, lengths):
    return [rng.integers(2, VOCABULARY + 2, length).astype(np.int32) for length in lengths]


def batches_of(rng, words, lengths):
    from training.sentiment.texts.batches import Batches, Pool

    targets = np.eye(CLASSES, dtype=np.float32)[rng.integers(CLASSES, size=len(lengths))]
    pools = [Pool(texts_of(rng, lengths), targets)]
    return Batches(pools, words.spellings, words.vocabulary, rng)


def test_the_learning_rate_rises_and_falls():
    from training.sentiment.network.fitting import optimizer

    rate = optimizer(1e-2, 1_000).learning_rate
    schedule = optimizer(1e-2, 1_000)._learning_rate
    values = [float(schedule(step)) for step in (0, 100, 200, 600, 1_000)]
    assert float(rate) == pytest.approx(1e-4)
    assert values == pytest.approx([1e-4, 5.05e-3, 1e-2, 5.1e-3, 2e-4], rel=0.02)


def test_word_vectors_learn_more_slowly_than_the_rest(rng, words):
    """Adam's first step has about the size of the learning rate."""
    from training.networks import review
    from training.sentiment.network.fitting import VECTOR_RATE, Trainer
    from training.sentiment.texts.batches import Batches, Pool

    network = review_networks.trainable()
    variables = [network.get_layer("vectors").embeddings, review.layer(network, "evidence").kernel]
    before = [each.numpy() for each in variables]
    text = Pool([np.arange(2, 22, dtype=np.int32)], np.eye(CLASSES, dtype=np.float32)[:1])  # no word twice
    Trainer(network, 1e-2, 1_000).epoch(Batches([text], words.spellings, words.vocabulary, rng))
    of_vectors, of_outputs = (
        np.abs(after.numpy() - start).max() for after, start in zip(variables, before, strict=True)
    )
    assert of_vectors / of_outputs == pytest.approx(VECTOR_RATE, rel=0.1)


def test_the_epoch_of_least_validation_loss_is_kept(rng, words):
    from training.sentiment.network.fitting import fit

    network = review_networks.trainable()
    losses, kept = iter([0.9, 0.5, 0.7]), {}

    def show(epoch, loss, validation_loss):
        kept[epoch] = network.get_weights()

    history = fit(network, batches_of(rng, words, [9] * 40), 3, 1e-2, lambda _: next(losses), show)
    assert history["val_loss"] == [0.9, 0.5, 0.7]
    assert history["loss"][-1] < history["loss"][0]
    for weights, expected in zip(network.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(weights, expected)
    assert any((one != other).any() for one, other in zip(kept[1], kept[2], strict=True))


def test_a_fault_in_the_making_of_batches_ends_the_fit(rng, words):
    from training.sentiment.network.fitting import Trainer

    def broken():
        yield from batches_of(rng, words, [9] * 4)
        raise ValueError("no more texts")

    with pytest.raises(ValueError, match="no more texts"):
        Trainer(review_networks.trainable(), 1e-3, 10).epoch(broken())


def test_logits_are_in_the_order_of_the_texts(rng, words):
    """Whatever the lengths of their neighbours, and whatever unknown words these have."""
    from training.sentiment.network import fitting

    network = review_networks.trainable()
    texts = texts_of(rng, [9, 1, 30, 4, 0])
    logits = fitting.logits(network, texts, words)
    assert logits.shape == (5, CLASSES)
    alone = np.concatenate([fitting.logits(network, [text], words) for text in texts])
    np.testing.assert_allclose(logits, alone, atol=1e-5)


def test_unknown_words_are_told_apart_by_their_spelling(words):
    from training.sentiment.network import fitting

    network = review_networks.trainable()
    texts = [np.array([number], np.int32) for number in (VOCABULARY, VOCABULARY + 1)]
    first, second = fitting.logits(network, texts, words)
    assert np.abs(first - second).max() > 1e-5


def test_the_baseline_is_the_mean_state_of_texts_of_that_length(rng, words):
    """Texts too short for crops: on average their states are as their length predicts. Empty ones are left out."""
    from training.networks.attribution import BASELINE_STEPS
    from training.sentiment.network import fitting

    network = review_networks.trainable()
    texts = texts_of(rng, [1, 2, 3, 4, 4, 0])
    baseline_state, length_slope = fitting.baseline_states(network, texts, words, rng)
    log_lengths = np.log(np.array([1, 1, 2, 2, 2]) / BASELINE_STEPS)
    expected = baseline_state + log_lengths[:, None] * length_slope
    states = fitting.pooled_states(network, texts[:5], words)
    np.testing.assert_allclose(states.mean(axis=0), expected.mean(axis=0), atol=1e-4)


def test_the_baseline_is_of_texts_from_all_over_the_file(rng, words, monkeypatch):
    """In a file sorted by label, the first texts alone would be of one class."""
    from training.networks.attribution import BASELINE_STEPS
    from training.sentiment.network import fitting

    monkeypatch.setattr(fitting, "MAX_BASELINE_TEXTS", 2)
    network = review_networks.trainable()
    first, last = np.array([5, 6], np.int32), np.array([40, 41], np.int32)
    baseline_state, length_slope = fitting.baseline_states(network, [first, first, last, last], words, rng)
    expected = baseline_state + np.log(1 / BASELINE_STEPS) * length_slope
    states = fitting.pooled_states(network, [first, last], words)
    np.testing.assert_allclose(states.mean(axis=0), expected, atol=1e-4)
