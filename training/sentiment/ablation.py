"""What each step of the sentiment recipe is worth: every rung with one seed, on the validation part alone.

    python -m training.sentiment.ablation --data my.csv --unlabelled more.csv                     # every rung, over hours
    python -m training.sentiment.ablation --data my.csv --rungs n-grams pretraining               # these

Rows go to `--out` as they are found; rungs that are there already are kept. `python -m training.sentiment --ladder FILE`
adds the rungs that it climbs itself, and puts all beside the version that it exports.
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import training.sentiment.cpu  # noqa: F401  # before TensorFlow

# isort: split
import keras
import numpy as np
from rich.console import Console

from service.interfaces import Array
from training.data.tables import DataError
from training.networks import ngram_hash
from training.networks import text as text_module
from training.reporting import models_readme, tables
from training.sentiment import __main__ as sentiment
from training.sentiment import ablation_table, encoding, fitting, ngrams
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import SEED, Initialization, from_texts
from training.sentiment.seeds import SeedRun, fit_seeds, with_ngrams
from training.sentiment.splits import Splits, load

TUTORIAL = {"vocabulary": 1_000, "reviews": 4_000, "tokens": 200, "epochs": 5}


@dataclass(frozen=True)
class AblationStep:
    """How the network of a rung is fitted."""

    vectors: bool = True
    pretraining: bool = False
    adversary: bool = False


PRETRAINED = AblationStep(pretraining=True)
BESIDE = "n-grams beside"
STEPS = {
    "bilstm": AblationStep(vectors=False),
    "word vectors": AblationStep(),
    "adversary": AblationStep(adversary=True),
    "pretraining": PRETRAINED,
    "pretraining and adversary": AblationStep(pretraining=True, adversary=True),
    BESIDE: PRETRAINED,
}
SIMPLE = ("tutorial", "n-grams")


def main(argv: Sequence[str] | None = None) -> int:
    parser = sentiment.parser("python -m training.sentiment.ablation", "Measure every rung of the sentiment recipe.")
    parser.add_argument("--rungs", nargs="+", choices=[*SIMPLE, *STEPS], default=[*SIMPLE, *STEPS])
    parser.add_argument("--out", type=Path, default=Path("runs/ladder.json"), help="(default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        material = load(options)
        ladder, climber = (
            ablation_table.AblationTable.read(options.out, material.fingerprint),
            AblationRunner(material, options),
        )
        options.out.parent.mkdir(parents=True, exist_ok=True)
        for name in options.rungs:
            if name not in ladder.rows:
                ladder.rows[name] = climber.climb(name)
                ladder.write(options.out)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    tables.show("Validation part", *models_readme.ablation_rows(ladder.rows))
    return 0


class AblationRunner:
    """Climbs one rung at a time; keeps starts and networks, which rungs share."""

    def __init__(self, material: Splits, options: Namespace) -> None:
        preset = sentiment.PRESETS["full"]
        self._material, self._vocabulary, self._pretrained = (
            material,
            options.vocabulary or sentiment.VOCABULARY,
            options.pretrained,
        )
        self._pretraining = preset.pretraining if options.pretraining is None else options.pretraining
        self._settings = replace(preset.fitting, epochs=options.epochs or preset.fitting.epochs, extracts=0.0)
        self._console = Console()
        self._starts: dict[bool, Initialization] = {}
        self._networks: dict[AblationStep, tuple[SeedRun, float]] = {}

    def climb(self, name: str) -> ablation_table.AblationRow:
        """Accuracy, loss, parameters and seconds of training; of a network also bytes compiled and time of a review."""
        if name == "tutorial":
            return self._tutorial()
        start = self._start(STEPS.get(name, AblationStep()))
        parts = self._material.parts(start.words)
        if name == "n-grams":
            began = perf_counter()
            _, plain = self._linear(parts)
            seconds = perf_counter() - began
            return ablation_table.row(
                parts[1], [ablation_table.calibrated(parts[1], plain)], seconds, ngram_hash.BUCKETS
            )
        trial, took = self._fitted(STEPS[name], start, parts)
        linear = None
        if name == BESIDE:
            linear, plain = self._linear(parts)
            trial = with_ngrams(trial.seeds, trial.network, trial.history, parts[1:2], {parts[1].name: plain})
        return ablation_table.of_networks(parts[1], [trial], linear, start.seconds + took)

    @staticmethod
    def _linear(parts: tuple[EncodedSplit, EncodedSplit, EncodedSplit]) -> tuple[ngrams.Linear, Array]:
        """N-grams that have learnt from the labels, and what they say of the validation part."""
        linear = ngrams.fit(ngrams.counted(parts[0].read), parts[0].labels)
        return linear, linear.logits(ngrams.counted(parts[1].read))

    def _fitted(
        self, rung: AblationStep, start: Initialization, parts: tuple[EncodedSplit, EncodedSplit, EncodedSplit]
    ) -> tuple[SeedRun, float]:
        """A network, and the seconds that it took."""
        if rung not in self._networks:
            began = perf_counter()
            settings = self._settings if rung.adversary else replace(self._settings, radius=0.0)
            nothing, lessons = {parts[1].name: np.zeros(len(parts[1].texts))}, (parts[0].read, parts[0].targets)
            (trial,) = fit_seeds([SEED], lessons, parts[1:2], start, nothing, settings, self._console)
            self._networks[rung] = trial, perf_counter() - began
        return self._networks[rung]

    def _start(self, rung: AblationStep) -> Initialization:
        if rung.pretraining not in self._starts:
            epochs, file = (self._pretraining, self._pretrained) if rung.pretraining else (0, None)
            self._starts[rung.pretraining] = from_texts(
                self._material.unlabelled, self._vocabulary, epochs, self._console, file
            )
        start = self._starts[rung.pretraining]
        if rung.vectors:
            return start
        chance = np.random.default_rng(SEED).normal(0, 0.1, start.layers["vectors"][0].shape)
        return replace(start, layers={"vectors": [chance.astype(np.float32)]}, seconds=0.0)

    def _tutorial(self) -> ablation_table.AblationRow:
        """A few words of a few reviews through a bidirectional LSTM, whose last states are read."""
        words = encoding.vocabulary(self._material.learn.take(self._material.train_rows)[0], TUTORIAL["vocabulary"])
        train, validation, _ = self._material.parts(words)
        seen, judged = (
            [encoding.truncate_head_tail(text, TUTORIAL["tokens"], 0) for text in part.read]
            for part in (train, validation)
        )
        keras.utils.set_random_seed(SEED)
        network = text_module.bilstm(len(words), 0.2)
        network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
        began = perf_counter()
        rng = np.random.default_rng(SEED)
        # not the first: files are often in the order of labels
        some = rng.permutation(len(seen))[: TUTORIAL["reviews"]]
        lessons = fitting.Batches([seen[row] for row in some], train.targets[some], rng)
        network.fit(lessons.dataset(), epochs=TUTORIAL["epochs"], shuffle=False, verbose=0)
        seconds = perf_counter() - began
        logits = ablation_table.calibrated(validation, fitting.logits(network, judged))
        return ablation_table.row(validation, [logits], seconds, network.count_params())


if __name__ == "__main__":
    sys.exit(main())
