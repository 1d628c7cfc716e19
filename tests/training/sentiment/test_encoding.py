"""A vocabulary, token numbers, and the two ends of a long text. No TensorFlow."""

import numpy as np

from service.artifacts.tokenizer import Tokenizer
from training.sentiment import encoding


def test_a_vocabulary_has_words_that_occur_twice_the_most_frequent_first():
    texts = ["a film, a plot", "the film the plot the end", "once"]
    assert encoding.vocabulary(texts, 10) == ["", "[UNK]", "the", "a", "film", "plot"]
    assert encoding.vocabulary(texts, 4) == ["", "[UNK]", "the", "a"]


def test_a_long_text_keeps_its_two_ends():
    tokens = np.arange(10, dtype=np.int32)
    assert encoding.truncate_head_tail(tokens, 4, 1).tolist() == [0, 7, 8, 9]
    assert encoding.truncate_head_tail(tokens, 10, 3) is tokens


def test_a_split_is_encoded_with_its_labels():
    """A text that is too long is truncated for the network, and kept whole for the teacher."""
    tokenizer = Tokenizer(["", "[UNK]", "the"])
    split = encoding.encode("x", ["the end", "", "the " * 700], np.array([1, 0, 1]), tokenizer)
    assert [text.tolist() for text in split.tokens[:2]] == [[2, 1], []]
    assert [len(text) for text in split.tokens] == [2, 0, 700]
    assert [len(text) for text in split.truncated] == [2, 0, encoding.MAX_TOKENS]
    texts, targets = split.training_set
    assert texts is split.truncated
    assert targets.dtype == np.float32
    assert targets.tolist() == [1.0, 0.0, 1.0]


def test_texts_without_labels_get_zeros():
    assert encoding.encode("x", ["the end"], None, Tokenizer(["", "[UNK]"])).labels.tolist() == [0]
