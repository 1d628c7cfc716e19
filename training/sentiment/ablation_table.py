"""A row of the ladder: what a step of the sentiment recipe reached on the validation part, and what it takes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from pydantic import TypeAdapter, ValidationError

from service.artifacts import onnx
from service.artifacts.files import BundleError, read_json, write_json
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import classification
from training.export.onnx_review import compile_classifier
from training.networks import review
from training.sentiment import fitting, ngrams
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import SEED
from training.sentiment.seeds import SeedRun

WORDS = 200  # of the review whose time is taken
TIMES = 50
AblationRow = dict[str, float]


@dataclass
class AblationTable:
    """Rows by name, all measured on the same texts; kept in a file."""

    measured_on: str  # Material.fingerprint
    rows: dict[str, AblationRow] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, measured_on: str) -> "AblationTable":
        """What was found before, if anything. Raises DataError for a file that is none, or is of other texts."""
        if not path.exists():
            return cls(measured_on)
        try:
            found = TypeAdapter(AblationTable).validate_python(read_json(path))
        except (BundleError, ValidationError) as error:
            raise DataError(f"{path} is no ladder: {error}") from error
        if found.measured_on != measured_on:
            raise DataError(f"{path} was measured on other texts, or on another validation part; name another file")
        return found

    def write(self, path: Path) -> Path:
        write_json(path, asdict(self))
        return path


def row(validation: EncodedSplit, logits: Sequence[Array], seconds: float, parameters: int) -> AblationRow:
    """Means over seeds: one array of logits each. `seconds`: until all seeds are there, with all they build on."""
    found = {
        "accuracy": [classification.accuracy(validation.labels, one) for one in logits],
        "loss": [classification.log_loss(validation.labels, one) for one in logits],
    }
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return means | {"seeds": len(logits), "seconds": round(seconds), "parameters": parameters}


def of_networks(
    validation: EncodedSplit, trials: Sequence[SeedRun], linear: ngrams.Linear | None, seconds: float
) -> AblationRow:
    """The row of trained networks, with `linear` beside them or alone; size and time are of the first, compiled."""
    network = trials[0].network
    parameters = network.count_params()
    if linear is None:
        alone = [fitting.logits(trial.network, validation.read) for trial in trials]
        weights, logits = np.zeros(1, np.float32), [calibrated(validation, found) for found in alone]
    else:
        weights, logits = linear.weights * trials[0].blend.plain, [trial.logits[validation.name] for trial in trials]
        parameters += len(weights)
    compact = compile_classifier(review.quantize(network, weights))
    vocabulary = network.get_layer("vectors").input_dim
    costs = {"bytes": len(compact), "milliseconds": _milliseconds(compact, vocabulary)}
    return row(validation, logits, seconds, parameters) | costs


def calibrated(validation: EncodedSplit, logits: Array) -> Array:
    return logits / classification.temperature(validation.labels, logits)


def _milliseconds(network: bytes, vocabulary: int) -> float:
    """The median time of one review on one core."""
    run = onnx.session(Path("network"), network, threads=1)
    tokens = np.random.default_rng(SEED).integers(2, vocabulary, (1, WORDS)).astype(np.int32)
    times = []
    for _ in range(TIMES):
        began = perf_counter()
        run(tokens, np.array([WORDS], np.int32))
        times.append(perf_counter() - began)
    return float(np.median(times)) * 1e3
