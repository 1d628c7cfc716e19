"""Small sentiment networks and padded tokens for tests of training; slow, as they need TensorFlow."""

import numpy as np

VOCABULARY, BUCKETS, CLASSES = 50, 997, 3


def padded(rng, lengths, width):
    """Random tokens (texts, width), right-padded with zeros."""
    tokens = np.zeros((len(lengths), width), np.int32)
    for row, length in zip(tokens, lengths, strict=True):
        row[:length] = rng.integers(1, VOCABULARY, length)
    return tokens


def trainable():
    """A small network for training, with random weights."""
    from training.networks import review

    return review.trainable_network(review.Sizes(VOCABULARY, 8, 6, 5, CLASSES), (0.2, 0.5))


def served(rng):
    """A small network for serving, with random weights."""
    from training.networks import review

    model = review.quantize(trainable(), rng.normal(size=(BUCKETS, CLASSES)).astype(np.float32), (0, CLASSES - 1))
    layer = review.layer(model, "evidence")
    for weights in (layer.baseline_state, layer.length_slope):
        weights.assign(rng.normal(size=10) * 0.3)
    return model
