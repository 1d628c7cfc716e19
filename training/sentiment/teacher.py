"""A teacher that labels unlabelled texts: doc2vec vectors and the presence of n-grams, under one regression.

The vector of a text is fitted to predict the text's 1- to 3-grams (paragraph vectors, Le and Mikolov, 2014; with n-grams,
Li et al., 2015), for labelled and unlabelled texts alike. The teacher has vectors only of the texts that it was fitted on,
so it cannot be served; but networks and n-gram weights can learn its predictions (`distill`).
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from rich.console import Console

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Labels, Tokens
from training.evaluation import classification
from training.networks import ngram_hash
from training.sentiment import ngrams
from training.sentiment.encoding import EncodedSplit, TrainingSet

SIZE = 100
EPOCHS = 10
MIN_COUNT = 5  # of an n-gram
SAMPLE = 1e-4  # share of all n-grams; more frequent ones are left out at random (Mikolov et al., 2013)
RATE = (0.05, 1e-4)  # learning rate, at the beginning and at the end
NEGATIVE = 5
MAX_TOKENS = 3_000
SCALE = 5.0  # length of a vector among the features, large so that it is hardly penalised
MIN_UNLABELLED = 1_000  # texts; with fewer, the teacher adds nothing
MAX_UNLABELLED = 200_000  # texts; their n-grams are held in memory


@dataclass(frozen=True)
class PseudoLabels:
    """The teacher's calibrated logits.

    Those of labelled texts are cross-validated: the teacher that predicts a text has not seen its label.
    """

    labelled: Array
    unlabelled: Array


def distill(
    train: EncodedSplit,
    counts: sp.csr_matrix,
    unlabelled: EncodedSplit,
    folds: Iterable[tuple[Labels, Labels]],
    prior: Inputs | None,
    seed: int,
    console: Console,
) -> tuple[TrainingSet, ngrams.Linear]:
    """Return all texts with targets to learn from, and n-gram weights that were fitted to all texts.

    The target of an unlabelled text is the teacher's probability, that of a labelled text the mean of the teacher's
    probability and the label (Hinton, Vinyals and Dean, 2015). The n-gram weights use the labels where there are labels.
    `counts` are the n-gram counts of `train`, `prior` is as in `ngrams.fit`.
    """
    pseudo_labels = pseudo_label(train.tokens, train.labels, folds, unlabelled.tokens, seed)
    accuracy = classification.accuracy(train.labels, pseudo_labels.labelled)
    console.print(f"teacher: cross-validated accuracy {accuracy:.4f} on training texts")
    probabilities = classification.sigmoid(pseudo_labels.unlabelled)
    all_counts = sp.vstack([counts, ngrams.count(unlabelled.truncated)]).tocsr()
    all_labels = np.concatenate([train.labels, (probabilities > 0.5).astype(np.int64)])
    sample_weights = np.concatenate([np.ones(len(train.labels)), np.abs(2 * probabilities - 1)])
    linear = ngrams.fit(all_counts, all_labels, prior, sample_weights)
    train_targets = (train.targets + classification.sigmoid(pseudo_labels.labelled)) / 2
    targets = np.concatenate([train_targets, probabilities]).astype(np.float32)
    return ([*train.truncated, *unlabelled.truncated], targets), linear


def pseudo_label(
    labelled: Sequence[Tokens],
    labels: Labels,
    folds: Iterable[tuple[Labels, Labels]],
    unlabelled: Sequence[Tokens],
    seed: int,
) -> PseudoLabels:
    """Fit the teacher and predict all texts; each fold has rows of labelled texts to fit on and rows to predict.

    Several threads fit the vectors, so results differ a little from run to run.
    """
    vectors = SCALE * _vectors([*labelled, *unlabelled], seed)
    labelled_grams, unlabelled_grams = (ngrams.presence(texts) for texts in (labelled, unlabelled))
    held_out = np.zeros(len(labels))
    for fit_rows, rows in folds:
        predict = _fit(labelled_grams[fit_rows], vectors[fit_rows], labels[fit_rows])
        held_out[rows] = predict(labelled_grams[rows], vectors[rows])
    temperature = classification.temperature(labels, held_out)
    predict = _fit(labelled_grams, vectors[: len(labels)], labels)
    logits = predict(unlabelled_grams, vectors[len(labels) :])
    return PseudoLabels(held_out / temperature, logits / temperature)


def _fit(grams: sp.csr_matrix, vectors: Inputs, labels: Labels) -> Callable[[sp.csr_matrix, Inputs], Array]:
    """A function from n-gram presence, which is scaled by naive Bayes log-count ratios, and vectors to logits."""
    ratio = ngrams.log_count_ratio(grams, labels)

    def features(grams: sp.csr_matrix, vectors: Inputs) -> sp.csr_matrix:
        return sp.hstack([grams.multiply(ratio), sp.csr_matrix(vectors)]).tocsr()

    regression = ngrams.regress(features(grams, vectors), labels)
    return lambda *texts: np.asarray(regression.decision_function(features(*texts)), np.float64)


def _vectors(texts: Sequence[Tokens], seed: int) -> Inputs:
    """A vector of length 1 for each text: (texts, SIZE).

    Texts are shuffled because each thread reads a stretch of the file, and stretches of equal length hold equal numbers of
    texts only if the lines are alike.
    """
    from gensim.models.doc2vec import Doc2Vec

    order = np.random.default_rng(seed).permutation(len(texts))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "ngrams.txt"
        with file.open("w", encoding="ascii") as out:
            out.writelines(_line(texts[row][:MAX_TOKENS]) for row in order)
        model = Doc2Vec(
            corpus_file=str(file),
            dm=0,
            vector_size=SIZE,
            negative=NEGATIVE,
            sample=SAMPLE,
            min_count=MIN_COUNT,
            epochs=EPOCHS,
            alpha=RATE[0],
            min_alpha=RATE[1],
            workers=os.cpu_count() or 1,
            seed=seed,
        )
    vectors = np.empty((len(texts), SIZE), np.float32)
    vectors[order] = model.dv.vectors
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def _line(text: Tokens) -> str:
    """The n-grams of a text as words of token numbers, without those that contain an unknown word."""
    words = ["" if token == UNKNOWN else str(token) for token in text.tolist()]
    grams = [
        "_".join(gram)
        for n in ngram_hash.ORDERS
        for gram in zip(*(words[i:] for i in range(n)), strict=False)
        if all(gram)
    ]
    return " ".join(grams or ["-"]) + "\n"
