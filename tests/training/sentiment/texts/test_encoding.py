"""A vocabulary, token numbers, spellings, and the two ends of a long text. No TensorFlow."""

import numpy as np

from service.artifacts.standardization import SENTENCE_ENDS
from service.artifacts.tokenizer import SPELLING_BYTES
from training.sentiment.texts import encoding

FIRST = ["", "[UNK]", *SENTENCE_ENDS]


def test_a_vocabulary_has_the_ends_of_sentences_and_words_that_occur_twice():
    """The most frequent words first; those of equal frequency in alphabetical order."""
    counts = encoding.count_words(["a film, a plot.", "the film the plot the end!", "once. more."])
    assert encoding.vocabulary(counts, 20) == [*FIRST, "the", "a", "film", "plot"]
    assert encoding.vocabulary(counts, 7) == [*FIRST, "the", "a"]
    assert encoding.vocabulary(counts, 1) == FIRST


def test_a_word_out_of_the_vocabulary_gets_a_number_of_its_own():
    """The number is the row of its spelling, in every text the same."""
    encoder = encoding.Encoder([*FIRST, "the"])
    assert encoder("The end. The END!").tolist() == [5, 6, 2, 5, 6, 3]
    assert encoder("an end").tolist() == [7, 6]
    assert encoder("").tolist() == []
    spellings = encoder.spellings()
    assert spellings.shape == (8, SPELLING_BYTES)
    assert [bytes(row).rstrip(b"\0").decode() for row in spellings[4:]] == ["？", "the", "end", "an"]
    unspelt = encoding.without_spellings([encoder("the end an")], 6)
    assert unspelt[0].tolist() == [5, 1, 1]
    assert unspelt[0].dtype == np.int32


def test_a_long_text_keeps_its_two_ends():
    tokens = np.arange(10, dtype=np.int32)
    assert encoding.truncate_head_tail(tokens, 4, 1).tolist() == [0, 7, 8, 9]
    assert encoding.truncate_head_tail(tokens, 10, 3) is tokens
    text = " ".join(f"w{number}" for number in range(encoding.MAX_TOKENS + 5))
    encoder = encoding.Encoder(FIRST)
    assert len(encoder(text)) == encoding.MAX_TOKENS + 5
    read = encoder.truncated(text) - len(FIRST)
    assert len(read) == encoding.MAX_TOKENS
    assert (read[: encoding.HEAD_TOKENS] == np.arange(encoding.HEAD_TOKENS)).all()
    assert read[-1] == encoding.MAX_TOKENS + 4
