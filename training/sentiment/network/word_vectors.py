"""Word vectors from texts without labels and from a file, and vectors of character n-grams that come close to them.

Of texts: positive pointwise mutual information within a window, with context frequencies to the power of 3/4, and the square
root of its truncated singular value decomposition (Levy, Goldberg and Dagan, 2015, sections 2.2 and 3.2). Of character
n-grams: least squares, so that the mean over a word's n-grams is near the word's vector (Pinter et al., 2017, learn this
too, with a network).
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Tokens
from training.data.tables import DataError
from training.networks.ngram_hash import CHARACTER_BUCKETS
from training.sentiment.texts.batches import Spellings

WINDOW = 5
CONTEXT_POWER = 0.75
TEXTS_AT_ONCE = 8_000
VECTOR_SCALE = 0.3  # standard deviation of the vectors of frequent words
FREQUENT_WORDS = 20_000
RIDGE = 0.02
MAX_WEIGHT = 1_000  # of a word's frequency, when n-grams are fitted
ITERATIONS = 60
MAX_FILE_BYTES = 1 << 30


def word_vectors(texts: Sequence[Tokens], vocabulary: int, size: int, seed: int) -> Inputs:
    """Return word vectors (vocabulary, size); those of padding, the unknown word and words without contexts are zero.

    Raises DataError if no two known words are near each other.
    """
    counts = _cooccurrences(texts, vocabulary)
    if not counts.nnz:
        raise DataError(
            "no two words that the vocabulary has stand near each other: the texts are too few, or too short"
        )
    size = min(size, vocabulary - 1)
    left, values, _ = randomized_svd(_mutual_information(counts), size, n_iter=4, random_state=seed)
    vectors = left * np.sqrt(values)
    vectors[np.asarray(counts.sum(axis=1)).ravel() == 0] = 0
    frequent = vectors[UNKNOWN + 1 : FREQUENT_WORDS]
    return np.asarray(vectors * (VECTOR_SCALE / max(float(frequent.std()), 1e-12)), np.float32)


def _cooccurrences(texts: Sequence[Tokens], vocabulary: int) -> sp.csr_matrix:
    """How often two words are near each other; nearer ones count more: (vocabulary, vocabulary), symmetric."""
    total = sp.csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    gap = np.zeros(WINDOW, np.int32)
    for begin in range(0, len(texts), TEXTS_AT_ONCE):
        tokens = np.concatenate([part for text in texts[begin : begin + TEXTS_AT_ONCE] for part in (text, gap)])
        for distance in range(1, WINDOW + 1):
            first, second = tokens[:-distance], tokens[distance:]
            are_words = (first > UNKNOWN) & (second > UNKNOWN)
            weight = np.full(int(are_words.sum()), 1 - (distance - 1) / WINDOW, np.float32)
            total += sp.coo_matrix((weight, (first[are_words], second[are_words])), shape=total.shape).tocsr()
    return total + total.T


def _mutual_information(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Positive pointwise mutual information of each counted pair."""
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = words**CONTEXT_POWER
    contexts /= contexts.sum()
    pairs = counts.tocoo()
    information = np.log(pairs.data / (words[pairs.row] * contexts[pairs.col]))
    positive = information > 0
    return sp.csr_matrix(
        (information[positive].astype(np.float32), (pairs.row[positive], pairs.col[positive])), shape=counts.shape
    )


def read_vectors(file: Path, words: Sequence[str]) -> Inputs:
    """Return the vectors (words, size) of a file, scaled like those of texts; of words that it lacks they are zero.

    The file is NumPy's .npz with `words`, joined by line breaks, and `vectors` (words, size). A word with an apostrophe that
    it lacks has the mean vector of its parts ("don't": "do" and "n't"). Raises DataError for a file that is none.
    """
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"it has more than {MAX_FILE_BYTES >> 20} MiB")
        with np.load(file, allow_pickle=False) as arrays:
            known, vectors = str(arrays["words"]).split("\n"), arrays["vectors"].astype(np.float32)
        if vectors.ndim != 2 or len(vectors) != len(known) or not np.isfinite(vectors).all():
            raise ValueError(f"it has {len(known)} words and vectors of shape {vectors.shape}")
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file} is not a file of word vectors: {error}") from error
    rows = {word: row for row, word in enumerate(known)}
    result = np.zeros((len(words), vectors.shape[1]), np.float32)
    for number, word in enumerate(words):
        found = [rows[part] for part in _parts(word, rows) if part in rows]
        if found:
            result[number] = vectors[found].mean(axis=0)
    scale = float(result[result.any(axis=1)].std()) if result.any() else 0.0
    return np.asarray(result * (VECTOR_SCALE / max(scale, 1e-12)), np.float32)


def _parts(word: str, known: dict[str, int]) -> list[str]:
    if word in known or "'" not in word:
        return [word]
    if word.endswith("n't"):
        return [word[:-3], "n't"]
    before, _, after = word.partition("'")
    return [before, "'" + after]


def fit_pieces(spellings: Spellings, vectors: Inputs, counts: Array) -> Inputs:
    """Return vectors of character n-grams (CHARACTER_BUCKETS, size) whose means are near the words' `vectors` (words, size).

    `counts` are the words' frequencies; frequent words weigh more.
    """
    from sklearn.linear_model import Ridge

    from training.networks.word_vectors import character_ngrams

    buckets, exist = (np.asarray(values) for values in character_ngrams(spellings))
    sizes = np.maximum(exist.sum(axis=1), 1)
    rows = np.repeat(np.arange(len(spellings)), exist.sum(axis=1))
    shares = sp.csr_matrix((1 / sizes[rows], (rows, buckets[exist])), shape=(len(spellings), CHARACTER_BUCKETS))
    weights = np.sqrt(np.minimum(counts, MAX_WEIGHT))
    ridge = Ridge(alpha=RIDGE, solver="sparse_cg", fit_intercept=False, max_iter=ITERATIONS)
    ridge.fit(shares, vectors, sample_weight=weights / max(float(weights.mean()), 1e-12))
    return np.asarray(ridge.coef_.T, np.float32)
