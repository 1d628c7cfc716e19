"""The table of the ablation: a row of figures on the validation part for each step of the recipe, kept in a JSON file."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from service.artifacts.files import BundleError, read_json, write_json
from service.interfaces import Array
from training.data.tables import DataError
from training.evaluation import classification, thresholds
from training.sentiment.linear import ngrams
from training.sentiment.measuring import scores
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.texts.corpus import Corpus, Labelled

NO_THRESHOLD = [thresholds.Threshold(None, 0.0, 1.0, 0.0)]
FIGURES = ("macro_f1", "balanced_accuracy", "polar_balanced_accuracy")
AblationRow = dict[str, float]


@dataclass
class AblationTable:
    """Rows by name, all measured on the same texts, and kept in a file."""

    measured_on: str  # fingerprint
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

    def add(self, result: TrainingResult, linear: ngrams.Linear, seconds: float) -> None:
        """Add the rows of a run: its seeds, each alone, and what ships."""
        name = result.corpus.validation.name
        parameters = result.shipped.network.count_params() + linear.weights.size
        for label, runs in (("one seed", result.runs), ("as shipped", [result.shipped])):
            logits = [run.logits[name] for run in runs]
            self.rows[label] = row(result.corpus, logits, seconds, parameters)


def fingerprint(part: Labelled) -> str:
    """Return what identifies the texts, labels and sets of the validation part."""
    digest = hashlib.sha256()
    for text, label, name in zip(part.texts, part.labels.tolist(), part.sets, strict=True):
        digest.update(f"{name}\0{label}\0{text}\0".encode("utf-8", "surrogatepass"))
    return f"{len(part.texts)} {digest.hexdigest()[:16]}"


def row(corpus: Corpus, logits: Sequence[Array], seconds: float, parameters: int) -> AblationRow:
    """Return the figures of one step, the mean over seeds; `logits` has one array per seed, `seconds` is of all training.

    Every set of the validation part weighs the same. Of the balanced accuracies it has the one of the poles, if there are poles.
    """
    part = corpus.validation
    metrics = [_metrics(part, of_seed, corpus.poles) for of_seed in logits]
    figures = {name: float(np.mean([each[name] for each in metrics])) for name in metrics[0]}
    return figures | {"seeds": len(logits), "seconds": round(seconds), "parameters": parameters}


def _metrics(part: Labelled, logits: Array, poles: tuple[int, int] | None) -> AblationRow:
    by_set = []
    for name in dict.fromkeys(part.sets):
        own = part.of_set(name)
        probabilities = classification.softmax(logits[own])
        by_set.append(scores.metrics(part.labels[own], probabilities, np.zeros_like(own), poles, NO_THRESHOLD))
    values = {name: [each[name] for each in by_set if name in each] for name in FIGURES}
    if values["polar_balanced_accuracy"]:
        values.pop("balanced_accuracy")
    figures = {name: float(np.mean(each)) for name, each in values.items() if each}
    return figures | {"loss": classification.log_loss(part.labels, logits, part.weights)}
