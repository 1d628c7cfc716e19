"""Measure what each step of the sentiment recipe adds: one network per step, with one seed, on the validation set alone.

    python -m training.sentiment.ablation --data my.csv --unlabelled more.csv                     # all steps: hours
    python -m training.sentiment.ablation --data my.csv --rungs n-grams pretraining               # these steps

Each row is written to `--out` as soon as it is measured; rows that are there already are kept. `python -m
training.sentiment --ladder FILE` adds the rows of its own run and saves the table with the version that it exports.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter

import training.sentiment.cpu  # noqa: F401  # before TensorFlow

# isort: split
import keras
import numpy as np
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from service.artifacts import onnx
from service.artifacts.files import BundleError, read_json, write_json
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import classification
from training.export.onnx_review import compile_classifier
from training.networks import ngram_hash, review
from training.networks import text as text_module
from training.reporting import models_readme, tables
from training.sentiment import encoding, fitting, ngrams
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import SEED, Initialization, from_texts
from training.sentiment.options import (
    DEFAULT_VOCABULARY,
    PRESETS,
    DataOptions,
    NetworkOptions,
    make_parser,
    shared_options,
)
from training.sentiment.seeds import SeedRun, fit_seeds, with_ngrams
from training.sentiment.splits import Splits, load

TUTORIAL = {"vocabulary": 1_000, "reviews": 4_000, "tokens": 200, "epochs": 5}
TIMED_WORDS = 200  # length of the review whose inference is timed
REPETITIONS = 50
AblationRow = dict[str, float]


@dataclass(frozen=True)
class AblationStep:
    """Which parts of the recipe the network of a step has."""

    vectors: bool = True
    pretraining: bool = False
    adversary: bool = False


WITH_NGRAMS = "n-grams beside"
STEPS = {
    "bilstm": AblationStep(vectors=False),
    "word vectors": AblationStep(),
    "adversary": AblationStep(adversary=True),
    "pretraining": AblationStep(pretraining=True),
    "pretraining and adversary": AblationStep(pretraining=True, adversary=True),
    WITH_NGRAMS: AblationStep(pretraining=True),
}
BASELINES = ("tutorial", "n-grams")


@dataclass(frozen=True)
class AblationOptions:
    """The options of `python -m training.sentiment.ablation`."""

    data: DataOptions
    network: NetworkOptions
    steps: Sequence[str]
    out: Path


@dataclass
class AblationTable:
    """Rows by name, all measured on the same texts, and kept in a file."""

    measured_on: str  # Splits.fingerprint
    rows: dict[str, AblationRow] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, measured_on: str) -> "AblationTable":
        """Read the rows measured before, if the file exists. Raises DataError if it is invalid or of other texts."""
        if not path.exists():
            return cls(measured_on)
        try:
            table = TypeAdapter(AblationTable).validate_python(read_json(path))
        except (BundleError, ValidationError) as error:
            raise DataError(f"{path} is not a file of ablation results: {error}") from error
        if table.measured_on != measured_on:
            raise DataError(f"{path} was measured on other texts, or on another validation set; name another file")
        return table

    def write(self, path: Path) -> Path:
        """Write the rows as JSON, and return the path."""
        write_json(path, asdict(self))
        return path


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
    names = [*BASELINES, *STEPS]
    parser.add_argument("--rungs", nargs="+", choices=names, default=names, help="steps to measure (default: all)")
    parser.add_argument("--out", type=Path, default=Path("runs/ladder.json"), help="(default: %(default)s)")
    arguments = parser.parse_args(argv)
    return AblationOptions(*shared_options(vars(arguments)), steps=arguments.rungs, out=arguments.out)


def run(options: AblationOptions) -> None:
    """Measure the steps that the table does not have yet, and print the table."""
    splits = load(options.data)
    table = AblationTable.read(options.out, splits.fingerprint)
    runner = AblationRunner(splits, options.network)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in options.steps:
        if name not in table.rows:
            table.rows[name] = runner.measure(name)
            table.write(options.out)
    tables.show("Validation part", *models_readme.ablation_rows(table.rows))


class AblationRunner:
    """Measures one step at a time; keeps initializations and networks, which several steps share."""

    def __init__(self, splits: Splits, options: NetworkOptions) -> None:
        preset = PRESETS["full"]
        self._splits, self._pretrained = splits, options.pretrained
        self._vocabulary = options.vocabulary or DEFAULT_VOCABULARY
        self._pretraining = preset.pretraining if options.pretraining is None else options.pretraining
        self._config = replace(preset.config, epochs=options.epochs or preset.config.epochs, crop_share=0.0)
        self._console = Console()
        self._initializations: dict[bool, Initialization] = {}
        self._networks: dict[AblationStep, tuple[SeedRun, float]] = {}

    def measure(self, name: str) -> AblationRow:
        """Return accuracy, loss, parameters and seconds of training; of a network also compiled bytes and time per review."""
        if name == "tutorial":
            return self._tutorial()
        initialization = self._initialize(STEPS.get(name, AblationStep()))
        train, validation, _ = self._splits.encode(initialization.words)
        if name == "n-grams":
            start = perf_counter()
            _, logits = _fit_linear(train, validation)
            return row(validation, [calibrate(validation, logits)], perf_counter() - start, ngram_hash.BUCKETS)
        seed_run, seconds = self._fit(STEPS[name], initialization, train, validation)
        linear = None
        if name == WITH_NGRAMS:
            linear, logits = _fit_linear(train, validation)
            seed_run = with_ngrams(
                seed_run.seeds, seed_run.network, seed_run.history, [validation], {validation.name: logits}
            )
        return network_row(validation, [seed_run], linear, initialization.seconds + seconds)

    def _fit(
        self, step: AblationStep, initialization: Initialization, train: EncodedSplit, validation: EncodedSplit
    ) -> tuple[SeedRun, float]:
        """A network without n-grams, and the seconds that it took."""
        if step not in self._networks:
            start = perf_counter()
            config = self._config if step.adversary else replace(self._config, epsilon=0.0)
            no_logits = {validation.name: np.zeros(len(validation.texts))}
            (seed_run,) = fit_seeds(
                [SEED], train.training_set, [validation], initialization, no_logits, config, self._console
            )
            self._networks[step] = seed_run, perf_counter() - start
        return self._networks[step]

    def _initialize(self, step: AblationStep) -> Initialization:
        if step.pretraining not in self._initializations:
            epochs, file = (self._pretraining, self._pretrained) if step.pretraining else (0, None)
            self._initializations[step.pretraining] = from_texts(
                self._splits.pretraining_texts, self._vocabulary, epochs, self._console, file
            )
        initialization = self._initializations[step.pretraining]
        if step.vectors:
            return initialization
        vectors = np.random.default_rng(SEED).normal(0, 0.1, initialization.layers["vectors"][0].shape)
        return replace(initialization, layers={"vectors": [vectors.astype(np.float32)]}, seconds=0.0)

    def _tutorial(self) -> AblationRow:
        """A few words of a few reviews, and the last states of a bidirectional LSTM."""
        words = encoding.vocabulary(self._splits.train_texts, TUTORIAL["vocabulary"])
        train, validation, _ = self._splits.encode(words)
        train_texts, validation_texts = (
            [encoding.truncate_head_tail(text, TUTORIAL["tokens"], 0) for text in split.truncated]
            for split in (train, validation)
        )
        keras.utils.set_random_seed(SEED)
        network = text_module.bilstm(len(words), 0.2)
        network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
        start = perf_counter()
        rng = np.random.default_rng(SEED)
        # not the first rows: files are often sorted by label
        rows = rng.permutation(len(train_texts))[: TUTORIAL["reviews"]]
        batches = fitting.Batches([train_texts[row] for row in rows], train.targets[rows], rng)
        network.fit(batches.dataset(), epochs=TUTORIAL["epochs"], shuffle=False, verbose=0)
        seconds = perf_counter() - start
        logits = calibrate(validation, fitting.logits(network, validation_texts))
        return row(validation, [logits], seconds, network.count_params())


def _fit_linear(train: EncodedSplit, validation: EncodedSplit) -> tuple[ngrams.Linear, Array]:
    """N-gram weights fitted to the labels, and their logits for the validation set."""
    linear = ngrams.fit(ngrams.count(train.truncated), train.labels)
    return linear, linear.logits(ngrams.count(validation.truncated))


def row(validation: EncodedSplit, logits: Sequence[Array], seconds: float, parameters: int) -> AblationRow:
    """Return the mean accuracy and loss over seeds; `logits` has one array per seed, `seconds` is of all training."""
    metrics = {
        "accuracy": [classification.accuracy(validation.labels, of_seed) for of_seed in logits],
        "loss": [classification.log_loss(validation.labels, of_seed) for of_seed in logits],
    }
    means = {name: float(np.mean(values)) for name, values in metrics.items()}
    return means | {"seeds": len(logits), "seconds": round(seconds), "parameters": parameters}


def network_row(
    validation: EncodedSplit, runs: Sequence[SeedRun], linear: ngrams.Linear | None, seconds: float
) -> AblationRow:
    """Return the row of networks, blended with `linear` or alone; size and time are of the first one, compiled."""
    network = runs[0].network
    parameters = network.count_params()
    if linear is None:
        weights = np.zeros(1, np.float32)
        logits = [calibrate(validation, fitting.logits(run.network, validation.truncated)) for run in runs]
    else:
        weights, logits = linear.weights * runs[0].blend.linear, [run.logits[validation.name] for run in runs]
        parameters += len(weights)
    compiled = compile_classifier(review.quantize(network, weights))
    vocabulary = network.get_layer("vectors").input_dim
    costs = {"bytes": len(compiled), "milliseconds": _milliseconds(compiled, vocabulary)}
    return row(validation, logits, seconds, parameters) | costs


def calibrate(validation: EncodedSplit, logits: Array) -> Array:
    """Return the logits divided by the temperature that fits them best."""
    return logits / classification.temperature(validation.labels, logits)


def _milliseconds(network: bytes, vocabulary: int) -> float:
    """The median time of one review on one core."""
    session = onnx.session(Path("network"), network, threads=1)
    tokens = np.random.default_rng(SEED).integers(2, vocabulary, (1, TIMED_WORDS)).astype(np.int32)
    times = []
    for _ in range(REPETITIONS):
        start = perf_counter()
        session(tokens, np.array([TIMED_WORDS], np.int32))
        times.append(perf_counter() - start)
    return float(np.median(times)) * 1e3


if __name__ == "__main__":
    sys.exit(main())
