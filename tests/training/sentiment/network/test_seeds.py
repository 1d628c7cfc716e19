"""One network per seed, and the average of their weights, each blended with the n-grams."""

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES

pytestmark = pytest.mark.slow
VOCABULARY = 30


@pytest.fixture(scope="module")
def run():
    """Two seeds on made-up texts, in which one word tells the class; and what they were fitted and measured on."""
    from rich.console import Console

    from training.sentiment.network.fitting import Words
    from training.sentiment.network.initialization import Initialization
    from training.sentiment.network.seeds import Encoded, fit_seeds
    from training.sentiment.options import FitConfig
    from training.sentiment.texts.batches import Pool
    from training.sentiment.texts.corpus import Labelled

    rng = np.random.default_rng(0)

    def texts(labels):
        return [np.append(rng.integers(8, VOCABULARY, 9), 2 + label).astype(np.int32) for label in labels]

    labels, held = np.arange(960) % 3, np.arange(60) % 3
    pool = Pool(texts(labels), np.eye(3, dtype=np.float32)[labels])
    part = Labelled("validation", [""] * 60, held, ["a"] * 60)
    held_out = [Encoded(part, texts(held), rng.normal(size=(60, 3)))]
    vectors = rng.normal(0, 0.3, (VOCABULARY, 8)).astype(np.float32)
    start = Initialization([""] * VOCABULARY, vectors, np.zeros((16_381, 8), np.float32))
    words = Words(np.zeros((VOCABULARY, SPELLING_BYTES), np.uint8), VOCABULARY)
    classes, config = (
        ("a", "b", "c"),
        FitConfig(epochs=3, learning_rates=(2e-2,), spelt=0.0, crop_share=0.0, min_steps=40),
    )
    runs = fit_seeds([3, 5], [pool], held_out, classes, start, words, config, Console(quiet=True))
    return runs, held_out, classes, start, words


def test_each_seed_has_a_network_of_its_own_that_has_learnt(run):
    runs, held_out, *_ = run
    assert [each.seeds for each in runs] == [(3,), (5,)]
    for each in runs:
        assert len(each.history["val_loss"]) == 5  # epochs of eight batches; three would be too few
        assert each.history["val_loss"][each.best_epoch - 1] == min(each.history["val_loss"])
        assert np.mean(each.logits["validation"].argmax(axis=1) == held_out[0].part.labels) > 0.8
    first, second = (each.network.get_weights() for each in runs)
    assert any((one != other).any() for one, other in zip(first, second, strict=True))


def test_n_grams_that_say_nothing_have_little_weight_in_the_blend(run):
    """The logits are blended; those of the n-grams are random here."""
    runs, *_ = run
    for each in runs:
        assert abs(each.blend.linear) < 0.3 * each.blend.network


def test_the_average_has_the_mean_weights_and_history(run):
    from training.sentiment.network.seeds import average_weights

    runs, held_out, classes, start, words = run
    average = average_weights(runs, classes, start, held_out, words)
    assert average.seeds == (3, 5)
    for mean, *weights in zip(
        average.network.get_weights(), *(each.network.get_weights() for each in runs), strict=True
    ):
        np.testing.assert_allclose(mean, np.mean(weights, axis=0), atol=1e-6)
    expected = np.mean([each.history["loss"] for each in runs], axis=0)
    np.testing.assert_allclose(average.history["loss"], expected)
    assert average.logits["validation"].shape == (60, 3)


def test_the_learning_rate_of_least_loss_is_kept_with_all_its_seeds():
    from types import SimpleNamespace

    from training.sentiment.network.seeds import of_best_rate
    from training.sentiment.texts.corpus import Labelled

    labels = np.arange(40) % 2
    part = Labelled("validation", [""] * 40, labels, ["a"] * 40)
    runs = [
        SimpleNamespace(seeds=(seed,), learning_rate=rate, logits={"validation": strength * np.eye(2)[labels]})
        for rate, strength in ((1.0, 1.0), (2.0, 3.0))
        for seed in (0, 1)
    ]
    assert of_best_rate(runs, part) == runs[2:]
