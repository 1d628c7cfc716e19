"""Measure what each step of the sentiment recipe adds: one network per step, with one seed, on the validation part alone.

    python -m training.sentiment.ablation --opinions DIR --vectors FILE               # all steps: hours
    python -m training.sentiment.ablation --data my.csv --epochs 2 --rungs n-grams "random vectors"

Each step has what the steps before it have. A step that the data has nothing for is left out, such as phrases of one file. Each
row is written to `--out` as soon as it is measured; rows that are there already are kept. `python -m training.sentiment
--ladder FILE` adds the rows of its own run and saves the table with the version that it exports.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import training.sentiment.cpu  # noqa: F401  # before TensorFlow

# isort: split
import numpy as np
from rich.console import Console

from service.interfaces import Array, Tokens
from training.data.tables import DataError
from training.evaluation import classification
from training.reporting import sentiment_section, tables
from training.sentiment import batches, fitting, generated, ngrams, teacher
from training.sentiment.__main__ import GENERATED, UNLABELLED_SHARE, fit_ngrams, initialize, read_corpus, unspelt
from training.sentiment.ablation_table import AblationRow, AblationTable, fingerprint, row
from training.sentiment.corpus import Corpus, Pool
from training.sentiment.encoding import Encoder
from training.sentiment.fitting import Words
from training.sentiment.initialization import SEED, Initialization
from training.sentiment.options import MIN_UNLABELLED, PRESETS, TrainOptions, make_parser, shared_options
from training.sentiment.seeds import Encoded, SeedRun, fit_seeds

EPOCHS = 3  # without --epochs: enough to compare
NGRAMS, RANDOM, TEXTS, FILE = "n-grams", "random vectors", "vectors of the texts", "vectors of a file"
PHRASES, MADE, SPELT, BESIDE, TAUGHT = (
    "phrases", "generated texts", "spelling noise", "n-grams beside", "unlabelled texts taught"
)  # fmt: skip
STEPS = (NGRAMS, RANDOM, TEXTS, FILE, PHRASES, MADE, SPELT, BESIDE, TAUGHT)


@dataclass(frozen=True)
class AblationOptions:
    """The options of `python -m training.sentiment.ablation`."""

    training: TrainOptions
    steps: Sequence[str]
    out: Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    try:
        run(parse(argv))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parse(argv: Sequence[str] | None) -> AblationOptions:
    """Read the command line. Raises DataError for numbers that cannot be used."""
    parser = make_parser("python -m training.sentiment.ablation", "Measure each step of the sentiment recipe.")
    parser.add_argument("--rungs", nargs="+", choices=STEPS, default=STEPS, help="steps to measure (default: all)")
    parser.add_argument("--out", type=Path, default=Path("runs/ladder.json"), help="(default: %(default)s)")
    arguments = parser.parse_args(argv)
    training = TrainOptions(*shared_options(vars(arguments)), PRESETS["full"])
    return AblationOptions(training, arguments.rungs, arguments.out)


def run(options: AblationOptions) -> None:
    """Measure the steps that the table does not have yet, and print the table."""
    corpus = read_corpus(options.training)
    table = AblationTable.read(options.out, fingerprint(corpus.validation))
    runner = AblationRunner(corpus, options.training)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in runner.steps:
        if name in options.steps and name not in table.rows:
            table.rows[name] = runner.measure(name)
            table.write(options.out)
    tables.show("Validation part", *sentiment_section.ablation_rows(table.rows))


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
        words = Words(self._encoder.spellings(), len(self._encoder.vocabulary))
        counts = ngrams.count(unspelt(self._validation, words), len(prepared.linear.weights))
        counted, size = prepared.linear.logits(counts), prepared.linear.weights.size
        if name == NGRAMS:
            return row(self._corpus, [self._calibrate(counted)], prepared.seconds, size)
        run, seconds = self._fit(active - {BESIDE}, prepared, counted, words)
        parameters = run.network.count_params()
        if BESIDE in active:
            logits = run.logits[self._corpus.validation.name]
            return row(self._corpus, [logits], seconds + prepared.seconds, parameters + size)
        logits = self._calibrate(fitting.logits(run.network, self._validation, words))
        return row(self._corpus, [logits], seconds, parameters)

    def _prepare(self, is_taught: bool) -> "Prepared":
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

    def _fit(self, active: frozenset[str], prepared: "Prepared", counted: Array, words: Words) -> tuple[SeedRun, float]:
        """The network of some steps, and the seconds that it and its word vectors took."""
        if active not in self._runs:
            initialization, start = self._initialization(active), perf_counter()
            pools = [
                encoded
                for pool, encoded in zip(self._corpus.pools, prepared.labelled, strict=True)
                if PHRASES in active or not is_phrases(self._corpus, pool)
            ]
            if MADE in active:
                texts, targets = generated.generate(GENERATED, SEED)
                pools.append(batches.Pool(self._encode(texts), targets))
                words = words._replace(spellings=self._encoder.spellings())
            config = PRESETS["full"].config
            config = replace(
                config, epochs=self._options.network.epochs or EPOCHS, spelt=config.spelt if SPELT in active else 0.0
            )
            held_out = [Encoded(self._corpus.validation, self._validation, counted)]
            (run,) = fit_seeds(
                [SEED],
                [*pools, *prepared.unlabelled],
                held_out,
                self._corpus.classes,
                initialization,
                words,
                config,
                self._console,
            )
            self._runs[active] = run, initialization.seconds + perf_counter() - start
        return self._runs[active]

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

    def _encode(self, texts: Sequence[str]) -> list[Tokens]:
        return [self._encoder.truncated(text) for text in texts]

    def _calibrate(self, logits: Array) -> Array:
        """The logits divided by the temperature that fits them best."""
        return logits / classification.temperature(self._corpus.validation.labels, logits)


class Prepared(NamedTuple):
    """Pools of labelled and of unlabelled texts, the n-grams that are fitted to them, and the seconds that both took."""

    labelled: list[batches.Pool]
    unlabelled: list[batches.Pool]
    linear: ngrams.Linear
    seconds: float


def possible_steps(corpus: Corpus, options: TrainOptions) -> list[str]:
    """Return the steps that the data has something for."""
    is_possible = {
        FILE: options.network.vectors is not None,
        PHRASES: any(is_phrases(corpus, pool) for pool in corpus.pools),
        MADE: corpus.has_generated,
        TAUGHT: len(corpus.unlabelled) >= MIN_UNLABELLED and any(map(teacher.is_long, corpus.pools)),
    }
    return [name for name in STEPS if is_possible.get(name, True)]


def is_phrases(corpus: Corpus, pool: Pool) -> bool:
    """Whether a pool has the phrases of a set."""
    return bool(corpus.sets) and pool.name.endswith(" phrases")


if __name__ == "__main__":
    sys.exit(main())
