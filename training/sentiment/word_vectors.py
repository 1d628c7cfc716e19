"""Word vectors from the texts themselves: what stands near a word, more often than chance would have it.

Positive pointwise mutual information within a window, its contexts' frequencies to the power of 3/4, and the square root
of its truncated singular value decomposition (Levy, Goldberg and Dagan, 2015, sections 2.2 and 3.2). No labels are read.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Inputs

WINDOW = 5
CONTEXT_POWER = 0.75
TEXTS_AT_ONCE = 8_000
SCALE = 0.3  # standard deviation of the vectors of frequent words
FREQUENT = 20_000


def word_vectors(texts: Sequence[npt.NDArray[np.int32]], vocabulary: int, size: int, seed: int) -> Inputs:
    """Token numbers of texts → vectors (vocabulary, size); zero for padding, for the unknown word, and without contexts.

    Raises ValueError where no two known words stand near each other.
    """
    counts = _counts(texts, vocabulary)
    if not counts.nnz:
        raise ValueError("no two known words stand near each other")
    size = min(size, vocabulary - 1)
    left, values, _ = randomized_svd(_information(counts), size, n_iter=4, random_state=seed)
    vectors = left * np.sqrt(values)
    vectors[np.asarray(counts.sum(axis=1)).ravel() == 0] = 0
    frequent = vectors[UNKNOWN + 1 : FREQUENT]
    return np.asarray(vectors * (SCALE / max(float(frequent.std()), 1e-12)), np.float32)


def _counts(texts: Sequence[npt.NDArray[np.int32]], vocabulary: int) -> sp.csr_matrix:
    """How often two words stand near each other, nearer ones counting more: (vocabulary, vocabulary), symmetric."""
    total = sp.csr_matrix((vocabulary, vocabulary), dtype=np.float32)
    apart = np.zeros(WINDOW, np.int32)
    for begin in range(0, len(texts), TEXTS_AT_ONCE):
        flat = np.concatenate([part for text in texts[begin : begin + TEXTS_AT_ONCE] for part in (text, apart)])
        for distance in range(1, WINDOW + 1):
            first, second = flat[:-distance], flat[distance:]
            known = (first > UNKNOWN) & (second > UNKNOWN)
            weight = np.full(int(known.sum()), 1 - (distance - 1) / WINDOW, np.float32)
            total += sp.coo_matrix((weight, (first[known], second[known])), shape=total.shape).tocsr()
    return total + total.T


def _information(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Positive pointwise mutual information of every pair that was counted."""
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = words**CONTEXT_POWER
    contexts /= contexts.sum()
    pairs = counts.tocoo()
    found = np.log(pairs.data / (words[pairs.row] * contexts[pairs.col]))
    kept = found > 0
    return sp.csr_matrix((found[kept].astype(np.float32), (pairs.row[kept], pairs.col[kept])), shape=counts.shape)
