"""Word vectors from texts and from a file, and vectors of character n-grams."""

import numpy as np
import pytest

from service.artifacts.tokenizer import SPELLING_BYTES, spell
from training.data.tables import DataError
from training.sentiment.network import word_vectors


def cosine(first, second):
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_words_of_the_same_texts_are_near_each_other():
    """Half of the texts are of the words 2 to 9, half of 10 to 17; 18 never occurs, and 0 and 1 are no words."""
    rng = np.random.default_rng(0)
    texts = [rng.integers(2, 10, 20).astype(np.int32) + 8 * (row % 2) for row in range(300)]
    texts += [np.array([1, 1, 0, 5], np.int32)]
    vectors = word_vectors.word_vectors(texts, 19, 2, 0)
    assert vectors.shape == (19, 2)
    assert not vectors[[0, 1, 18]].any()
    assert cosine(vectors[2], vectors[3]) > 0.8
    assert abs(cosine(vectors[2], vectors[12])) < 0.3
    assert vectors[2:].std() == pytest.approx(word_vectors.VECTOR_SCALE, rel=1e-3)
    np.testing.assert_array_equal(vectors, word_vectors.word_vectors(texts, 19, 2, 0))


def test_texts_without_two_known_words_are_refused():
    with pytest.raises(DataError, match="too few, or too short"):
        word_vectors.word_vectors([np.array([5], np.int32), np.array([1, 6, 1], np.int32)], 9, 4, 0)


def write(file, words, vectors):
    np.savez(file, words=np.array("\n".join(words)), vectors=vectors)
    return file


def test_vectors_of_a_file_are_those_of_the_words_or_of_their_parts(tmp_path):
    """All have one scale; the words that the file lacks have zeros."""
    rows = np.array([[1, 0], [0, 1], [1, 1], [-2, 0], [0, -3]], np.float16)
    file = write(tmp_path / "v.npz", ["do", "n't", "film", "it", "'s"], rows)
    vectors = word_vectors.read_vectors(file, ["", "film", "don't", "it's", "zebra"])
    expected = np.array([[0, 0], [1, 1], [0.5, 0.5], [-1, -1.5], [0, 0]])
    np.testing.assert_allclose(vectors, expected * (vectors[1, 0] / 1.0), atol=1e-6)
    assert vectors[[1, 2, 3]].std() == pytest.approx(word_vectors.VECTOR_SCALE, rel=1e-5)
    assert not word_vectors.read_vectors(file, ["", "zebra"]).any()


@pytest.mark.parametrize(
    "content", [b"", b"PK nothing", b"\x93NUMPY\x01\x00", {"words": "a\nb", "vectors": np.ones((3, 2))}, {"words": "a"}]
)
def test_what_is_no_file_of_vectors_is_refused(tmp_path, content):
    file = tmp_path / "v.npz"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.savez(file, **content)
    with pytest.raises(DataError, match="is not a file of word vectors"):
        word_vectors.read_vectors(file, ["a"])
    with pytest.raises(DataError, match="is not a file of word vectors"):
        word_vectors.read_vectors(tmp_path / "none.npz", ["a"])


def test_vectors_with_no_numbers_and_objects_are_refused(tmp_path):
    """Nothing in the file is executed."""
    for vectors in (np.array([[np.nan, 1.0]]), np.array([[{}, 1.0]], object)):
        file = write(tmp_path / "v.npz", ["a"], vectors)
        with pytest.raises(DataError, match="is not a file of word vectors"):
            word_vectors.read_vectors(file, ["a"])


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    file = write(tmp_path / "v.npz", ["a"], np.ones((1, 2)))
    monkeypatch.setattr(word_vectors, "MAX_FILE_BYTES", 10)
    with pytest.raises(DataError, match="more than"):
        word_vectors.read_vectors(file, ["a"])


@pytest.mark.slow
def test_the_mean_over_a_words_ngrams_is_near_its_vector():
    """So a misspelt word is near the word that is meant."""
    from training.networks.word_vectors import character_ngrams

    rng = np.random.default_rng(0)
    words = ["wonderful", "terrible", "mediocre", "restaurant", "awkwardly"]
    vectors = rng.normal(size=(5, 8)).astype(np.float32)
    rows = np.frombuffer(spell([*words, "wonderfull"]), np.uint8).reshape(-1, SPELLING_BYTES)
    pieces = word_vectors.fit_pieces(rows[:5], vectors, np.array([5.0, 4, 3, 2, 1]))
    buckets, exist = (np.asarray(values) for values in character_ngrams(rows))
    means = np.stack([pieces[own[there]].mean(axis=0) for own, there in zip(buckets, exist, strict=True)])
    assert all(cosine(mean, vector) > 0.9 for mean, vector in zip(means[:5], vectors, strict=True))
    assert cosine(means[5], vectors[0]) > 0.8
