"""A teacher that labels texts without labels: paragraph vectors and the presence of n-grams, under one regression.

The vector of a text is fitted to predict the text's 1- to 3-grams (paragraph vectors, Le and Mikolov, 2014; with n-grams,
Li et al., 2015), for labelled and unlabelled texts alike. The teacher has vectors only of the texts that it was fitted on,
so it cannot be served; but networks and n-gram weights can learn its predictions (`teach`).
"""

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from rich.console import Console
from sklearn.model_selection import StratifiedGroupKFold

from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Array, Inputs, Labels, Tokens
from training.data.tables import DataError
from training.evaluation import classification
from training.networks import ngram_hash
from training.sentiment.linear import ngrams
from training.sentiment.texts.corpus import Pool
from training.sentiment.texts.encoding import Encoder, count_words, vocabulary, without_spellings

SIZE = 200
EPOCHS = 15
MIN_COUNT = 5  # of an n-gram
SAMPLE = 1e-4  # share of all n-grams; more frequent ones are left out at random (Mikolov et al., 2013)
RATE = (0.05, 1e-4)  # learning rate, at the beginning and at the end
NEGATIVE = 5
WORDS = 60_000  # of the teacher's own vocabulary
MAX_TOKENS = 3_000
SCALE = 5.0  # length of a vector among the features, large so that it is hardly penalised
FOLDS = 5
MAX_UNLABELLED = 200_000  # texts; their n-grams are held in memory
MIN_WORDS = 60  # mean length of the texts of a pool that is taught: short texts have no useful vectors
MIN_TEXTS = 2_000  # of such a pool
MAX_FILE_BYTES = 1 << 30


def teach(
    pools: Sequence[Pool], unlabelled: list[str], seed: int, file: Path | None, console: Console
) -> tuple[list[Pool], Inputs]:
    """Return the pools, those of long texts with softer targets, and targets (texts, classes) of the unlabelled texts.

    The new target of a labelled text is the mean of its target and the probability that the teacher gives without having
    seen its label (Hinton, Vinyals and Dean, 2015). The first such pool teaches the unlabelled texts. `file` keeps the
    paragraph vectors.
    """
    taught = [pool for pool in pools if is_long(pool)]
    texts = [text for pool in taught for text in pool.texts] + unlabelled
    encoder = Encoder(vocabulary(count_words(texts), WORDS))
    tokens = without_spellings([encoder(text) for text in texts], len(encoder.vocabulary))
    vectors = SCALE * paragraph_vectors(texts, tokens, seed, file)
    grams = ngrams.presence(tokens)
    changed: dict[str, Pool] = {}
    targets = np.zeros((0, pools[0].targets.shape[1]), np.float32)
    start, rest = 0, slice(len(texts) - len(unlabelled), None)
    for pool in taught:
        rows = slice(start, start + len(pool.texts))
        start = rows.stop
        own, others = _predictions(pool, grams[rows], vectors[rows], grams[rest], vectors[rest], first=not changed)
        found = classification.accuracy(pool.labels, own.astype(np.float64))
        console.print(f"teacher: cross-validated accuracy {found:.4f} on {pool.name}")
        changed[pool.name] = replace(pool, targets=np.asarray((pool.targets + own) / 2, np.float32))
        targets = others if others is not None else targets
    return [changed.get(pool.name, pool) for pool in pools], targets


def is_long(pool: Pool) -> bool:
    """Whether a pool has enough texts, and long enough ones, for paragraph vectors."""
    return len(pool.texts) >= MIN_TEXTS and float(np.mean([text.count(" ") for text in pool.texts])) >= MIN_WORDS


def long_texts(pools: Sequence[Pool], unlabelled: Sequence[str]) -> list[str]:
    """Return the unlabelled texts, at most MAX_UNLABELLED, and the texts of all pools of long ones."""
    return [*unlabelled[:MAX_UNLABELLED], *(text for pool in pools if is_long(pool) for text in pool.texts)]


def _predictions(
    pool: Pool, grams: sp.csr_matrix, vectors: Inputs, other_grams: sp.csr_matrix, other_vectors: Inputs, first: bool
) -> tuple[Inputs, Inputs | None]:
    """Cross-validated probabilities (texts, classes) of a pool, and those of the unlabelled texts for the `first` pool."""
    classes = np.unique(pool.labels)
    held_out = np.zeros((len(pool.labels), len(classes)))
    folds = StratifiedGroupKFold(FOLDS).split(pool.labels, pool.labels, pool.blocks)
    for fit_rows, rows in folds:
        regressions = _fit(grams[fit_rows], vectors[fit_rows], pool.labels[fit_rows], classes)
        held_out[rows] = _logits(regressions, grams[rows], vectors[rows])
    numbers = np.searchsorted(classes, pool.labels)
    temperature = classification.temperature(numbers, held_out)

    def spread(logits: Array) -> Inputs:
        result = np.zeros((len(logits), pool.targets.shape[1]), np.float32)
        result[:, classes] = classification.softmax(logits / temperature)
        return result

    if not first or not other_grams.shape[0]:
        return spread(held_out), None
    regressions = _fit(grams, vectors, pool.labels, classes)
    return spread(held_out), spread(_logits(regressions, other_grams, other_vectors))


Regression = tuple[Inputs, object]


def _fit(grams: sp.csr_matrix, vectors: Inputs, labels: Labels, classes: Labels) -> list[Regression]:
    """For each class, or for the second of two, the log-count ratios of the n-grams, and a regression against the others."""
    wanted = classes if len(classes) > 2 else classes[1:]
    fitted: list[Regression] = []
    for number in wanted:
        is_class = (labels == number).astype(np.int64)
        ratio = ngrams.log_count_ratio(grams, is_class)
        fitted.append((ratio, ngrams.regress(_features(grams, vectors, ratio), is_class)))
    return fitted


def _features(grams: sp.csr_matrix, vectors: Inputs, ratio: Inputs) -> sp.csr_matrix:
    return sp.hstack([grams.multiply(ratio), sp.csr_matrix(vectors)]).tocsr()


def _logits(regressions: list[Regression], grams: sp.csr_matrix, vectors: Inputs) -> Array:
    """Logits (texts, classes); of two classes, the first has the second's with the other sign, both halved."""
    columns = [
        regression.decision_function(_features(grams, vectors, ratio))  # type: ignore[attr-defined]
        for ratio, regression in regressions
    ]
    return np.stack(columns if len(columns) > 1 else [-columns[0] / 2, columns[0] / 2], axis=1)


def paragraph_vectors(texts: Sequence[str], tokens: Sequence[Tokens], seed: int, file: Path | None) -> Inputs:
    """Return a vector of length 1 for each text (texts, SIZE): of the `file` if it exists, else fitted and written there.

    Several threads fit the vectors, so results differ a little from run to run. Raises DataError for a file that is none, or
    that lacks a text.
    """
    if file is not None and file.exists():
        return _read(file, texts)
    vectors = _vectors(tokens, seed)
    if file is not None:
        with file.open("wb") as out:
            np.savez(out, texts=np.array([_digest(text) for text in texts]), vectors=vectors.astype(np.float16))
    return vectors


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _read(file: Path, texts: Sequence[str]) -> Inputs:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"it has more than {MAX_FILE_BYTES >> 20} MiB")
        with np.load(file, allow_pickle=False) as arrays:
            rows = {bytes(digest).ljust(16, b"\0"): row for row, digest in enumerate(arrays["texts"])}
            vectors = arrays["vectors"].astype(np.float32)
        return np.asarray(vectors[[rows[_digest(text)] for text in texts]], np.float32)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file} is not a file of these texts' vectors: {type(error).__name__}") from error


def _vectors(texts: Sequence[Tokens], seed: int) -> Inputs:
    """Fit the vectors. Texts are shuffled because each thread reads a stretch of the file, and stretches of equal length
    hold equal numbers of texts only if the lines are alike.
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
