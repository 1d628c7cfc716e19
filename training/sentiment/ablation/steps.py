"""The steps of the ablation: which the data has something for, and the figures of each."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from rich.console import Console

from service.interfaces import Array, Tokens
from training.evaluation import classification
from training.sentiment.ablation.table import AblationRow, row
from training.sentiment.linear import ngrams
from training.sentiment.network import fitting
from training.sentiment.network.fitting import Words
from training.sentiment.network.initialization import SEED, Initialization, initialize
from training.sentiment.network.seeds import Encoded, SeedRun, fit_seeds
from training.sentiment.options import MIN_UNLABELLED, PRESETS, SECOND_ROUND, FitConfig, TrainOptions
from training.sentiment.recipe import distillation, teacher
from training.sentiment.recipe.rounds import GENERATED, UNLABELLED_SHARE, fit_ngrams
from training.sentiment.texts import batches, generated
from training.sentiment.texts.corpus import Corpus, Pool
from training.sentiment.texts.encoding import Encoder

EPOCHS = 3  # without --epochs: enough to compare
NGRAMS, RANDOM, TEXTS, FILE = "n-grams", "random vectors", "vectors of the texts", "vectors of a file"
PHRASES, MADE, SPELT = "phrases", "generated texts", "spelling noise"
BESIDE, TAUGHT, SECOND = "n-grams beside", "unlabelled texts taught", "second round"
STEPS = (NGRAMS, RANDOM, TEXTS, FILE, PHRASES, MADE, SPELT, BESIDE, TAUGHT, SECOND)


class Prepared(NamedTuple):
    """Pools of labelled and of unlabelled texts, the n-grams that are fitted to them, and the seconds that both took."""

    labelled: list[batches.Pool]
    unlabelled: list[batches.Pool]
    linear: ngrams.Linear
    seconds: float


def possible_steps(corpus: Corpus, options: TrainOptions) -> list[str]:
    """Return the steps that the data has something for."""
    can_teach = len(corpus.unlabelled) >= MIN_UNLABELLED and any(map(teacher.is_long, corpus.pools))
    is_possible = {
        FILE: options.network.vectors is not None,
        PHRASES: any(is_phrases(corpus, pool) for pool in corpus.pools),
        MADE: corpus.has_generated,
        TAUGHT: can_teach,
        SECOND: can_teach,
    }
    return [name for name in STEPS if is_possible.get(name, True)]


def is_phrases(corpus: Corpus, pool: Pool) -> bool:
    """Whether a pool has the phrases of a set."""
    return bool(corpus.sets) and pool.name.endswith(" phrases")


class AblationRunner:
    """Measures one step at a time; keeps what several steps share."""

    def __init__(self, corpus: Corpus, options: TrainOptions) -> None:
        self.steps = possible_steps(corpus, options)
        self._corpus, self._options, self._console = corpus, options, Console()
        self._of_texts = self._initialize(None)
        self._encoder = Encoder(self._of_texts.words)
        self._validation = self._encode(corpus.validation.texts)
        self._prepared: dict[bool, Prepared] = {}
        self._runs: dict[frozenset[str], tuple[SeedRun, float]] = {}

    def measure(self, name: str) -> AblationRow:
        """Return the row of a step. The seconds are those of its word vectors, its n-grams and its network."""
        active = frozenset(self.steps[: self.steps.index(name) + 1])
        prepared = self._prepare(TAUGHT in active)
        linear = prepared.linear
        counted, size = linear.predict(self._validation, len(self._encoder.vocabulary)), linear.weights.size
        if name == NGRAMS:
            return row(self._corpus, [self._calibrate(counted)], prepared.seconds, size)
        run, seconds = self._fit(active - {BESIDE}, prepared, counted)
        parameters = run.network.count_params()
        if BESIDE in active:
            logits = run.logits[self._corpus.validation.name]
            return row(self._corpus, [logits], seconds + prepared.seconds, parameters + size)
        logits = self._calibrate(fitting.logits(run.network, self._validation, self._words()))
        return row(self._corpus, [logits], seconds, parameters)

    def _prepare(self, is_taught: bool) -> Prepared:
        """The encoded pools, taught or not, and the n-grams that are fitted to all of them."""
        if is_taught not in self._prepared:
            start = perf_counter()
            pools, unlabelled = self._corpus.pools, []
            if is_taught:
                texts = self._corpus.unlabelled[: teacher.MAX_UNLABELLED]
                pools, targets = teacher.teach(pools, texts, SEED, self._options.network.paragraphs, self._console)
                unlabelled = [batches.Pool(self._encode(texts), targets, UNLABELLED_SHARE)] if len(targets) else []
            encoded = [batches.Pool(self._encode(pool.texts), pool.targets, pool.share) for pool in pools]
            linear = fit_ngrams([*encoded, *unlabelled], self._of_texts)
            self._prepared[is_taught] = Prepared(encoded, unlabelled, linear, perf_counter() - start)
        return self._prepared[is_taught]

    def _fit(self, active: frozenset[str], prepared: Prepared, counted: Array) -> tuple[SeedRun, float]:
        """The network of some steps, and the seconds that it and its word vectors took."""
        if active not in self._runs:
            initialization, start = self._initialization(active), perf_counter()
            first = self._fit(active - {SECOND}, prepared, counted)[0] if SECOND in active else None
            pools = self._pools(active, prepared, first)
            held_out = [Encoded(self._corpus.validation, self._validation, counted)]
            (run,) = fit_seeds(
                [SEED], pools, held_out, self._corpus.classes, initialization, self._words(),
                self._config(active), self._console, first,
            )  # fmt: skip
            self._runs[active] = run, initialization.seconds + perf_counter() - start
        return self._runs[active]

    def _pools(self, active: frozenset[str], prepared: Prepared, first: SeedRun | None) -> list[batches.Pool]:
        """The training texts of some steps, with their targets; those of the second round are softened by the `first`."""
        pools = [
            encoded
            for pool, encoded in zip(self._corpus.pools, prepared.labelled, strict=True)
            if PHRASES in active or not is_phrases(self._corpus, pool)
        ]
        pools += prepared.unlabelled
        if MADE in active:
            texts, targets = generated.generate(GENERATED, SEED)
            pools.append(batches.Pool(self._encode(texts), targets))
        if first is not None:
            long = teacher.long_texts(self._corpus.pools, self._corpus.unlabelled)
            texts = distillation.sentences(long, distillation.SENTENCES, np.random.default_rng(SEED))
            pools = distillation.taught(pools, texts, self._encoder, first, prepared.linear)
        return pools

    def _initialization(self, active: frozenset[str]) -> Initialization:
        """The vectors of a file, or those of the texts, or random ones of the same size."""
        if FILE in active:
            return self._of_file
        if TEXTS in active:
            return self._of_texts
        rng = np.random.default_rng(SEED)
        shapes = self._of_texts.vectors.shape, self._of_texts.pieces.shape
        vectors, pieces = (rng.uniform(-0.05, 0.05, shape).astype(np.float32) for shape in shapes)
        return replace(self._of_texts, vectors=vectors, pieces=pieces, seconds=0.0)

    @cached_property
    def _of_file(self) -> Initialization:
        return self._initialize(self._options.network.vectors)

    def _initialize(self, vectors: Path | None) -> Initialization:
        options = replace(self._options, network=replace(self._options.network, vectors=vectors))
        return initialize(options, None, self._corpus, self._console)

    def _config(self, active: frozenset[str]) -> FitConfig:
        epochs = self._options.network.epochs
        config = SECOND_ROUND if SECOND in active else replace(PRESETS["full"].config, epochs=EPOCHS)
        config = replace(config, epochs=epochs, min_steps=0) if epochs else config
        return config if SPELT in active else replace(config, spelt=0.0)

    def _words(self) -> Words:
        """All words that were encoded so far."""
        return Words(self._encoder.spellings(), len(self._encoder.vocabulary))

    def _encode(self, texts: Sequence[str]) -> list[Tokens]:
        return [self._encoder.truncated(text) for text in texts]

    def _calibrate(self, logits: Array) -> Array:
        """The logits divided by the temperature that fits them best."""
        return logits / classification.temperature(self._corpus.validation.labels, logits)
