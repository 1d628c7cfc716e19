"""A teacher of texts: vectors of whole texts and the presence of n-grams, under one regression.

Each text's vector is fitted so that it foretells the 1- to 3-grams of its text (paragraph vectors, Le and Mikolov, 2014;
with n-grams, Li et al., 2015), for labelled texts and others alike. It knows only the texts that it was fitted on, so it
cannot be served; what it says of the unlabelled ones can be learnt by a network.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array
from training.evaluation import classification
from training.networks import ngram_hash
from training.sentiment import ngrams

SIZE = 100
EPOCHS = 10
LEAST_COUNT = 5  # of an n-gram
SAMPLE = 1e-4  # of all n-grams; more frequent ones are left out by chance (Mikolov et al., 2013)
RATE = (0.05, 1e-4)  # of learning, at the beginning and at the end
NEGATIVE = 5
MOST_TOKENS = 3_000
SCALE = 5.0  # length of a vector among the n-grams, so that it is hardly penalised
LEAST_MORE = 1_000  # unlabelled texts; fewer teach nothing
MOST_MORE = 200_000  # n-grams of so many are held in memory

Tokens = Sequence[npt.NDArray[np.int32]]


@dataclass(frozen=True)
class PseudoLabels:
    """Calibrated logits: of the labelled texts, each by a teacher that did not know its label, and of the unlabelled."""

    labelled: Array
    more: Array


def pseudo_label(
    labelled: Tokens,
    labels: npt.NDArray[np.int64],
    folds: Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    more: Tokens,
    seed: int,
) -> PseudoLabels:
    """What the labels teach of `more`; `folds` part the labelled texts into those to fit on and to judge on.

    Vectors are fitted by several threads, so that another run differs a little.
    """
    vectors = SCALE * _vectors([*labelled, *more], seed)
    known, others = (ngrams.present(texts) for texts in (labelled, more))
    held_out = np.zeros(len(labels))
    for learnt, judged in folds:
        held_out[judged] = _fit(known[learnt], vectors[learnt], labels[learnt])(known[judged], vectors[judged])
    temperature = classification.temperature(labels, held_out)
    logits = _fit(known, vectors[: len(labels)], labels)(others, vectors[len(labels) :])
    return PseudoLabels(held_out / temperature, logits / temperature)


def _fit(
    present: sp.csr_matrix, vectors: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]
) -> Callable[[sp.csr_matrix, npt.NDArray[np.float32]], Array]:
    """From presence of n-grams, by naive Bayes log-count ratios, and vectors, side by side, to logits."""
    ratio = ngrams.log_count_ratio(present, labels)

    def features(present: sp.csr_matrix, vectors: npt.NDArray[np.float32]) -> sp.csr_matrix:
        return sp.hstack([present.multiply(ratio), sp.csr_matrix(vectors)]).tocsr()

    regression = ngrams.regress(features(present, vectors), labels)
    return lambda *texts: np.asarray(regression.decision_function(features(*texts)), np.float64)


def _vectors(texts: Tokens, seed: int) -> npt.NDArray[np.float32]:
    """A vector of length 1 for every text: (texts, SIZE).

    Texts are shuffled, as each thread reads a strip of the file, and their strips are equal only where lines are alike.
    """
    from gensim.models.doc2vec import Doc2Vec

    order = np.random.default_rng(seed).permutation(len(texts))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "ngrams.txt"
        with file.open("w", encoding="ascii") as out:
            out.writelines(_line(texts[row][:MOST_TOKENS]) for row in order)
        model = Doc2Vec(
            corpus_file=str(file),
            dm=0,
            vector_size=SIZE,
            negative=NEGATIVE,
            sample=SAMPLE,
            min_count=LEAST_COUNT,
            epochs=EPOCHS,
            alpha=RATE[0],
            min_alpha=RATE[1],
            workers=os.cpu_count() or 1,
            seed=seed,
        )
    found = np.empty((len(texts), SIZE), np.float32)
    found[order] = model.dv.vectors
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return found


def _line(text: npt.NDArray[np.int32]) -> str:
    """The n-grams of a text, as words of token numbers; those with an unknown word are left out."""
    words = ["" if token == UNKNOWN else str(token) for token in text.tolist()]
    grams = [
        "_".join(gram)
        for n in ngram_hash.ORDERS
        for gram in zip(*(words[i:] for i in range(n)), strict=False)
        if all(gram)
    ]
    return " ".join(grams or ["-"]) + "\n"
