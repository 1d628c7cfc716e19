"""N-gram counts and the linear model on them; word vectors; texts as tokens. No TensorFlow."""

import numpy as np
import pytest

from service.artifacts.tokenizer import Tokenizer
from training.sentiment import encoding, ngrams, word_vectors


def test_a_text_is_counted_by_words_pairs_and_triples():
    """Short texts have no pairs, empty ones nothing; order matters to pairs."""
    counts = ngrams.counted([np.array(text, np.int32) for text in ([5, 6, 5], [5, 5, 6], [7], [])], 10_007)
    assert counts.sum(axis=1).ravel().tolist() == [[3 + 2 + 1, 3 + 2 + 1, 1, 0]]
    assert counts[0].max() == 2
    assert (counts[0] != counts[1]).nnz > 0


def test_the_linear_model_learns_from_a_pair_of_words():
    """'not good' is bad and 'good' is good: no single word tells them apart."""
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for label in (0, 1) * 100:
        filler = rng.integers(10, 30, 6).tolist()
        texts.append(np.array([*filler[:3], *([3, 4] if label == 0 else [4, 3]), *filler[3:]], np.int32))
        labels.append(label)
    counts, labels = ngrams.counted(texts, 1 << 14), np.array(labels)
    model = ngrams.fit(counts[:150], labels[:150])
    assert np.mean((model.logits(counts[150:]) > 0) == labels[150:]) == 1.0


def test_words_of_like_contexts_get_like_vectors():
    """Words 2 and 3 stand where the other could; 4 and 5 elsewhere."""
    rng = np.random.default_rng(0)
    texts = []
    for _ in range(300):
        texts.append(np.array([6, rng.choice([2, 3]), 7, 6], np.int32))
        texts.append(np.array([8, rng.choice([4, 5]), 9, 8], np.int32))
    found = word_vectors.word_vectors(texts, 10, 4, seed=0)
    unit = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    assert unit[2] @ unit[3] > 0.9 > 0.5 > unit[2] @ unit[4]
    assert not found[:2].any()


def test_no_two_known_words_make_no_vectors():
    with pytest.raises(ValueError, match="near each other"):
        word_vectors.word_vectors([np.array([2], np.int32), np.array([1, 1], np.int32)], 5, 2, seed=0)


def test_a_vocabulary_is_of_words_that_stand_twice_the_commonest_first():
    texts = ["a film, a plot", "the film the plot the end", "once"]
    assert encoding.vocabulary(texts, 10) == ["", "[UNK]", "the", "a", "film", "plot"]
    assert encoding.vocabulary(texts, 4) == ["", "[UNK]", "the", "a"]


def test_of_a_long_text_both_ends_are_read():
    tokens = np.arange(10, dtype=np.int32)
    assert encoding.truncate_head_tail(tokens, 4, 1).tolist() == [0, 7, 8, 9]
    assert encoding.truncate_head_tail(tokens, 10, 3) is tokens
    part = encoding.encode("x", ["the end", ""], np.array([1, 0]), Tokenizer(["", "[UNK]", "the"]))
    assert [text.tolist() for text in part.tokens] == [[2, 1], []]
