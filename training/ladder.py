"""What each step of the sentiment recipe is worth: every rung with one seed, on the validation part alone.

    python -m training.ladder --data my.csv --unlabelled more.csv                     # every rung, over hours
    python -m training.ladder --data my.csv --rungs n-grams adversary                 # these

Rows go to `--out` as they are found; rungs that are there already are kept. `python -m training.sentiment --ladder FILE`
puts them beside the version that it exports.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import keras
import numpy as np
from rich.console import Console

from service import compiled
from service.files import write_json
from training import classification, fitting, networks, ngrams, reading, report, review_network, sentiment
from training.compiling_review import compile_classifier
from training.data import DataError
from training.material import Material, gather
from training.reading import Part
from training.start import Start, from_texts
from training.trials import BUCKETS, Logits, Trial, taught, try_seeds

SEED = 0
WORDS = 200  # of the review whose time is taken
TIMES = 50
TUTORIAL = {"vocabulary": 1_000, "reviews": 4_000, "tokens": 200, "epochs": 5}


@dataclass(frozen=True)
class Rung:
    """What a rung adds to the network."""

    vectors: bool = True
    pretraining: int = 0
    radius: float = 0.0
    wide: bool = False
    distil: int = 0


RUNGS = {
    "bilstm": Rung(vectors=False),
    "vectors": Rung(),
    "pretraining": Rung(pretraining=2),
    "adversary": Rung(pretraining=2, radius=1.0),
    "n-grams beside": Rung(pretraining=2, radius=1.0, wide=True),
    "distilled": Rung(pretraining=2, radius=1.0, wide=True, distil=3),
}
SIMPLE = ("tutorial", "n-grams")


def main(argv: Sequence[str] | None = None) -> int:
    parser = sentiment.parser("python -m training.ladder", "Measure every rung of the sentiment recipe.")
    parser.add_argument("--rungs", nargs="+", choices=[*SIMPLE, *RUNGS], default=[*SIMPLE, *RUNGS])
    parser.add_argument("--out", type=Path, default=Path("runs/ladder.json"), help="(default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        material = gather(options)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    climber = Climber(material, options.vocabulary, options.epochs, Console())
    for name in options.rungs:
        if name not in known:
            known[name] = climber.climb(name)
            write_json(options.out, known)
    report.show("One seed, validation part", *report.ladder_rows(known))
    return 0


class Climber:
    """Keeps what rungs share: the starts, and the network of the rung before."""

    def __init__(self, material: Material, vocabulary: int, epochs: int | None, console: Console) -> None:
        self._material, self._vocabulary, self._console = material, vocabulary, console
        self._epochs = sentiment.PRESETS["full"].fitting.epochs if epochs is None else epochs
        self._starts: dict[tuple[bool, int], tuple[Start, float]] = {}
        self._trials: dict[Rung, tuple[Trial, float]] = {}

    def climb(self, name: str) -> dict[str, float]:
        """Accuracy, loss, parameters, bytes compiled, milliseconds a review, and seconds of training."""
        if name == "tutorial":
            return self._tutorial()
        begun, _ = self._start(Rung())
        _, validation, _ = parts = self._material.parts(begun.words)
        began = perf_counter()
        linear = ngrams.fit(ngrams.counted(parts[0].read, BUCKETS), parts[0].labels)
        plain = {part.name: linear.logits(ngrams.counted(part.read, BUCKETS)) for part in parts[1:2]}
        seconds = perf_counter() - began
        if name == "n-grams":
            cooled = plain["validation"] / classification.temperature(validation.labels, plain["validation"])
            return _row(validation, cooled, seconds) | {"parameters": BUCKETS}
        rung = RUNGS[name]
        trial, seconds = self._trial(rung, parts, linear, plain)
        logits = trial.logits["validation"] if rung.wide else fitting.logits(trial.network, validation.read)
        found = _row(validation, logits, seconds) | {"parameters": trial.network.count_params()}
        weights = linear.weights * trial.blend.plain if rung.wide else np.zeros(1, np.float32)
        network = compile_classifier(review_network.filled(trial.network, weights))
        return found | {"bytes": len(network), "milliseconds": _milliseconds(network, len(begun.words))}

    def _trial(
        self, rung: Rung, parts: tuple[Part, Part, Part], linear: ngrams.Linear, plain: dict[str, Logits]
    ) -> tuple[Trial, float]:
        shared = replace(rung, wide=False)  # the blend is found either way
        if shared not in self._trials:
            start, seconds = self._start(rung)
            train = parts[0]
            lessons = (train.read, train.targets)
            settings = fitting.Fitting(epochs=self._epochs, radius=rung.radius)
            began = perf_counter()
            if rung.distil:
                teacher, before = self._trial(replace(rung, distil=0), parts, linear, plain)
                seconds += before
                more = reading.part("more", self._material.more, None, start.tokeniser()).read
                told, targets = taught([teacher], linear, more)
                lessons = ([*train.read, *told], np.concatenate([train.targets, targets]))
                settings = replace(settings, epochs=rung.distil, radius=0.0)
            (trial,) = try_seeds([SEED], lessons, parts[1:2], start, plain, settings, self._console)
            self._trials[shared] = trial, seconds + perf_counter() - began
        return self._trials[shared]

    def _start(self, rung: Rung) -> tuple[Start, float]:
        key = (rung.vectors, rung.pretraining)
        if key not in self._starts:
            began = perf_counter()
            found = from_texts(self._material.unlabelled, self._vocabulary, rung.pretraining, self._console)
            if not rung.vectors:
                chance = np.random.default_rng(SEED).normal(0, 0.1, found.layers["vectors"][0].shape)
                found = replace(found, layers={"vectors": [chance.astype(np.float32)]})
            self._starts[key] = found, perf_counter() - began
        return self._starts[key]

    def _tutorial(self) -> dict[str, float]:
        """A few words of a few reviews through a bidirectional LSTM, whose last states are read."""
        words = reading.vocabulary(self._material.learn.take(self._material.train_rows)[0], TUTORIAL["vocabulary"])
        train, validation, _ = self._material.parts(words)
        seen, judged = (
            [reading.ends(text, TUTORIAL["tokens"], 0) for text in part.read] for part in (train, validation)
        )
        keras.utils.set_random_seed(SEED)
        network = networks.bilstm(len(words), 0.2)
        network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
        began = perf_counter()
        first = slice(TUTORIAL["reviews"])
        lessons = fitting.Batches(seen[first], train.targets[first], np.random.default_rng(SEED))
        network.fit(lessons.dataset(), epochs=TUTORIAL["epochs"], shuffle=False, verbose=0)
        seconds = perf_counter() - began
        return _row(validation, fitting.logits(network, judged), seconds) | {"parameters": network.count_params()}


def _row(validation: Part, logits: Logits, seconds: float) -> dict[str, float]:
    return {
        "accuracy": classification.accuracy(validation.labels, logits),
        "loss": classification.log_loss(validation.labels, logits),
        "seconds": round(seconds),
    }


def _milliseconds(network: bytes, vocabulary: int) -> float:
    """The median time of one review on one core."""
    run = compiled.session(Path("network"), network, threads=1)
    tokens = np.random.default_rng(SEED).integers(2, vocabulary, (1, WORDS)).astype(np.int32)
    times = []
    for _ in range(TIMES):
        began = perf_counter()
        run(tokens, np.array([WORDS], np.int32))
        times.append(perf_counter() - began)
    return float(np.median(times)) * 1e3


if __name__ == "__main__":
    sys.exit(main())
