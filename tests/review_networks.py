"""Small sentiment networks, padded tokens and spellings for tests of training; slow, as they need TensorFlow."""

import numpy as np

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN, spell

VOCABULARY, BUCKETS, CLASSES, UNITS = 50, 997, 3, 5
LETTERS = "abcdefgé😂"


def padded(rng, lengths, width):
    """Random tokens (texts, width), right-padded with zeros; some are unknown words, and some end sentences."""
    tokens = np.zeros((len(lengths), width), np.int32)
    for row, length in zip(tokens, lengths, strict=True):
        row[:length] = np.where(
            rng.random(length) < 0.2, rng.integers(1, 6, length), rng.integers(1, VOCABULARY, length)
        )
    return tokens


def spelt(rng, tokens):
    """Random spellings, a row for each unknown word among the tokens: from one letter to more than fit."""
    count = int((tokens == UNKNOWN).sum())
    words = ["".join(rng.choice(list(LETTERS), rng.integers(1, SPELLING_BYTES + 4))) for _ in range(count)]
    return np.frombuffer(spell(words), np.uint8).reshape(-1, SPELLING_BYTES)


def trainable(classes=CLASSES):
    """A small network for training; its weights and its dropout are the same in every run."""
    import keras

    from training.networks import review

    keras.utils.set_random_seed(0)
    return review.trainable_network(review.Sizes(VOCABULARY, 8, 6, UNITS, classes), (0.2, 0.5))


def served(rng, classes=CLASSES, has_poles=True):
    """A small network for serving, with random weights. The first and the last class are the poles, if there are any."""
    from training.networks import review

    poles = (0, classes - 1) if has_poles else None
    model = review.quantize(trainable(classes), rng.normal(size=(BUCKETS, classes)).astype(np.float32), poles)
    layer = review.layer(model, "evidence")
    for weights in (layer.baseline_state, layer.length_slope):
        weights.assign(rng.normal(size=2 * UNITS) * 0.3)
    layer.bias.assign(rng.normal(size=classes))
    return model
