"""Batches of encoded texts: shares, crops, and words spelt out and misspelt. No TensorFlow."""

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN, spell
from training.sentiment.texts import batches
from training.sentiment.texts.batches import Batches, Noise, Pool

VOCABULARY = 400
WORDS = ["", "[UNK]", "。", "！", "？", "a", *(f"word{number}" for number in range(500))]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def spellings(words=WORDS):
    return np.frombuffer(spell(words), np.uint8).reshape(-1, SPELLING_BYTES)


def pool(lengths, share=1.0, first=6):
    """Texts of consecutive numbers; the target of each is its row."""
    texts = [np.arange(first, first + length, dtype=np.int32) for length in lengths]
    return Pool(texts, np.arange(len(texts), dtype=np.float32)[:, None], share)


def test_without_noise_every_text_occurs_once_in_order_of_length():
    """Predictions are put into the order of the texts again; rows are padded with zeros to a multiple of 16."""
    made = Batches([pool([9, 1, 300]), pool([4], first=50)], spellings(), VOCABULARY)
    ((inputs, targets),) = made
    tokens, spelt = inputs
    assert tokens.shape == (4, 304)
    assert (tokens > 0).sum(axis=1).tolist() == [1, 4, 9, 300]
    assert tokens.dtype == np.int32
    assert spelt.shape == (0, SPELLING_BYTES)
    assert targets.ravel().tolist() == [1, 0, 0, 2]
    assert made.unsort((tokens > 0).sum(axis=1)).tolist() == [9, 1, 300, 4]


def test_words_out_of_the_vocabulary_are_spelt_in_the_order_of_the_tokens():
    texts = [np.array([401, 7, 402], np.int32), np.array([403], np.int32), np.zeros(0, np.int32)]
    ((inputs, _),) = Batches([Pool(texts, np.zeros((3, 1), np.float32))], spellings(), VOCABULARY)
    tokens, spelt = inputs
    assert [row[row > 0].tolist() for row in tokens] == [[], [UNKNOWN], [UNKNOWN, 7, UNKNOWN]]
    np.testing.assert_array_equal(spelt, spellings()[[403, 401, 402]])


def test_texts_are_drawn_by_the_share_of_their_pool(rng):
    """Every text of a pool once before any is drawn again; half of a pool in an epoch, or all of it twice."""
    half, twice = pool([5] * 10, 0.5), pool([5] * 3, 2.0, first=100)
    made = Batches([half, twice], spellings(), VOCABULARY, rng)
    drawn = []
    for _ in range(2):
        epoch = [
            (int(row[0]), int(target[0]))
            for (tokens, _), targets in made
            for row, target in zip(tokens, targets, strict=True)
        ]
        assert sorted(target for word, target in epoch if word == 100) == [0, 0, 1, 1, 2, 2]
        drawn += [target for word, target in epoch if word == 6]
    assert sorted(drawn) == list(range(10))
    assert drawn != list(range(10))


def test_batches_of_long_texts_are_smaller(rng):
    texts = pool([500] * 96 + [20] * 256)
    made = Batches([texts], spellings([*WORDS, *["x"] * 200]), VOCABULARY + 200, rng)
    sizes = {(int((tokens > 0).sum(axis=1).max()), len(tokens)) for (tokens, _), _ in made}
    assert sizes == {(500, batches.MIN_ROWS), (20, batches.MAX_ROWS)}
    assert made.count == pytest.approx(96 / 32 + 256 / 128, abs=1)


def test_longer_texts_are_cropped_in_addition(rng):
    """Consecutive words of some texts longer than 64 words, with the whole text's target; other crops in every epoch."""
    lengths = [10, 64, 65, 300]
    made = Batches([pool(lengths)], spellings(), VOCABULARY, rng, Noise(0.0, 0.5))
    crops = []
    for _ in range(40):
        rows = [
            (row[row > 0], int(target[0]))
            for (tokens, _), targets in made
            for row, target in zip(tokens, targets, strict=True)
        ]
        crops += [(row, target) for row, target in rows if len(row) < lengths[target]]
        assert sum(len(row) == lengths[target] for row, target in rows) >= 4
    found = [len(row) for row, _ in crops]
    assert 20 < len(crops) < 60
    assert batches.CROP_WORDS[0] <= min(found) < max(found) <= batches.CROP_WORDS[1]
    assert all((np.diff(row) == 1).all() for row, _ in crops)
    assert {target for _, target in crops} == {2, 3}
    assert len({int(row[0]) for row, _ in crops}) > 10


def test_a_share_of_the_known_words_is_spelt_out_in_training_only(rng):
    """Short words are not; each spelling belongs to the token in whose place it is, perhaps misspelt."""
    text = np.array([5, *range(6, 6 + 200)], np.int32)
    texts = Pool([text] * 20, np.zeros((20, 1), np.float32))
    (inputs, _), *_ = Batches([texts], spellings(), VOCABULARY, rng, Noise(0.2, 0.0))
    tokens, spelt = inputs
    is_spelt = tokens == UNKNOWN
    assert (tokens[:, 0] == 5).all()
    assert is_spelt[:, 1:201].mean() == pytest.approx(0.2, abs=0.03)
    originals = np.tile(text, (len(tokens), 1))[is_spelt[:, : len(text)]]
    is_right = (spelt == spellings()[originals]).all(axis=1)
    assert 1 - is_right.mean() == pytest.approx(batches.MISSPELT_SHARE, abs=0.1)
    for (tokens, spelt), _ in Batches([texts], spellings(), VOCABULARY):
        assert not (tokens == UNKNOWN).any()
        assert not len(spelt)


def test_a_misspelt_word_has_two_bytes_swapped_one_left_out_or_one_doubled(rng):
    """Its first byte stays. Short words, words that fill all bytes and words beyond ASCII stay as they are."""
    words = ["great", "one", "x" * SPELLING_BYTES, "élan"]
    found: dict[str, set[str]] = {word: set() for word in words}
    for _ in range(300):
        for word, row in zip(words, batches.misspell(spellings(words), rng), strict=True):
            found[word].add(bytes(row).rstrip(b"\0").decode())
    assert found["great"] == {
        *("great", "gerat", "graet", "greta"),
        *("geat", "grat", "gret"),
        *("grreat", "greeat", "greaat"),
    }
    assert all(found[word] == {word} for word in words[1:])


def test_no_spellings_are_no_fault(rng):
    assert batches.misspell(np.zeros((0, SPELLING_BYTES), np.uint8), rng).shape == (0, SPELLING_BYTES)


def test_the_same_generator_makes_the_same_batches():
    first, second = (
        list(Batches([pool([70, 9, 200])], spellings(), VOCABULARY, np.random.default_rng(3), Noise(0.3, 0.5)))
        for _ in range(2)
    )
    for (one, _), (other, _) in zip(first, second, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
