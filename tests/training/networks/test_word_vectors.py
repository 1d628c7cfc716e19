"""Vectors of words and of spellings, weights of word n-grams, and both in bytes."""

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN, spell
from tests import review_networks
from tests.review_networks import BUCKETS, CLASSES, VOCABULARY, padded, spelt

pytestmark = pytest.mark.slow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def spellings(*words):
    return np.frombuffer(spell(words), np.uint8).reshape(-1, SPELLING_BYTES)


@pytest.mark.parametrize("word", ["a", "ab", "film", "filmé😂", "x" * SPELLING_BYTES, "x" * 40])
def test_a_word_has_the_character_ngrams_of_its_bytes_between_marks(word):
    from training.networks.ngram_hash import CHARACTER_BUCKETS, CHARACTER_ORDERS, buckets_of
    from training.networks.word_vectors import character_ngrams

    marked = [ord("<"), *word.encode()[:SPELLING_BYTES], ord(">")]
    expected = [
        int(buckets_of([np.int64(code) for code in marked[start : start + order]], CHARACTER_BUCKETS))
        for order in CHARACTER_ORDERS
        for start in range(len(marked) - order + 1)
    ]
    buckets, exist = (np.asarray(values) for values in character_ngrams(spellings(word)))
    assert buckets[exist].tolist() == expected


def test_a_word_without_letters_has_no_ngrams_of_its_own():
    """Not even the mark of its end; such a row stands for nothing."""
    from training.networks.word_vectors import character_ngrams

    _, exist = character_ngrams(spellings(""))
    assert not np.asarray(exist).any()


def test_an_unknown_word_has_the_mean_vector_of_its_ngrams(rng):
    """Beside the vector of unknown words; known words have their own vectors alone."""
    from training.networks.word_vectors import WordVectors, character_ngrams

    layer = WordVectors(VOCABULARY, 8)
    tokens = np.array([[7, UNKNOWN, 0], [UNKNOWN, 8, 9]], np.int32)
    rows = spellings("awfull", "go")
    vectors = np.asarray(layer(tokens, rows))
    embeddings, pieces = np.asarray(layer.embeddings), np.asarray(layer.pieces)
    buckets, exist = (np.asarray(values) for values in character_ngrams(rows))
    means = [pieces[buckets[row][exist[row]]].mean(axis=0) for row in range(2)]
    expected = embeddings[tokens]
    expected[0, 1] += means[0]
    expected[1, 0] += means[1]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    no_spellings = np.zeros((0, SPELLING_BYTES), np.uint8)
    np.testing.assert_allclose(layer(tokens[:, 2:], no_spellings), embeddings[tokens[:, 2:]], atol=1e-6)


def test_rounding_vectors_to_bytes_keeps_them_close(rng):
    """Within a 127th of a row's largest value; the vector of padding becomes zero."""
    from training.networks.ngram_hash import CHARACTER_BUCKETS
    from training.networks.word_vectors import Int8WordVectors, WordVectors

    vectors = rng.normal(size=(VOCABULARY, 8)).astype(np.float32)
    pieces = rng.normal(size=(CHARACTER_BUCKETS, 8)).astype(np.float32)
    exact, rounded = WordVectors(VOCABULARY, 8), Int8WordVectors(VOCABULARY, 8)
    tokens = padded(rng, [9, 4], 9)
    rows = spelt(rng, tokens)
    exact(tokens, rows)
    rounded(tokens, rows)
    exact.set_weights([vectors, pieces])
    rounded.store(vectors, pieces)
    for values, restored in zip((vectors, pieces), rounded.restored(), strict=True):
        difference = np.abs(restored - values)[1:]
        assert np.all(difference <= np.abs(values).max(axis=1, keepdims=True)[1:] / 127)
    assert not rounded.restored()[0][0].any()
    outputs = np.asarray(rounded(tokens, rows))
    np.testing.assert_allclose(outputs[tokens > 0], np.asarray(exact(tokens, rows))[tokens > 0], atol=0.05)
    assert not outputs[tokens == 0].any()


def test_rounding_weights_of_ngrams_is_more_precise_the_smaller_they_are(rng):
    """They are kept relative to the first class."""
    from training.networks.word_vectors import NgramWeights

    layer = NgramWeights(BUCKETS, CLASSES)
    layer.build((None, None))
    weights = np.full((BUCKETS, CLASSES), 0.002, np.float32)
    weights[0, 0], weights[0, 1] = -4.0, 0.0
    weights[1:, 0] = 0.0
    layer.store(weights)
    np.testing.assert_allclose(layer.restored(), weights - weights[:, :1], rtol=0.15)


def test_the_network_counts_the_same_ngrams_as_the_linear_model(rng):
    """The sum of a text's n-gram weights is the linear model's logit."""
    from training.sentiment.linear import ngrams

    layer = review_networks.served(rng).get_layer("ngrams")
    tokens = padded(rng, [9, 2, 1, 0], 9)
    counts = ngrams.count([row[row > 0] for row in tokens], BUCKETS)
    np.testing.assert_allclose(np.asarray(layer(tokens)).sum(axis=(1, 2)), counts @ layer.restored(), atol=1e-4)


@pytest.mark.parametrize(("offset", "expected"), [(0, [1, 2, 3]), (1, [0, 1, 2]), (-2, [3, 0, 0])])
def test_values_are_shifted_along_the_text(offset, expected):
    from training.networks.word_vectors import shift

    assert np.asarray(shift(np.array([[1, 2, 3]]), offset)).tolist() == [expected]
    doubled = np.asarray(shift(np.array([[[1, 1], [2, 2], [3, 3]]]), offset))
    assert doubled[0, :, 1].tolist() == expected
