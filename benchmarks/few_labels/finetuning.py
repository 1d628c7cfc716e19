"""Training the shipped version further, in a process of its own, and the labels that a version gives."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.few_labels import rows as labelled_rows
from benchmarks.few_labels.options import Options
from benchmarks.few_labels.rows import Rows
from benchmarks.files import ROOT
from service.artifacts import bundle
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier

MESSAGE_LINES = 3  # of the output of a training that has failed


class TrainingFailure(Exception):
    """The training has ended with an error; the message is the end of its output."""


def fine_tune(options: Options, rows: Rows, held_out: Rows, seed: int) -> tuple[list[str], float]:
    """Train the version further, and return its labels of the held-out texts and the training's seconds.

    Raises TrainingFailure.
    """
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        data = labelled_rows.write(directory / "rows.csv", rows)
        test = labelled_rows.write(directory / "held_out.csv", held_out)
        start = perf_counter()
        _run(training_command(options, data, test, directory, seed), options.timeout)
        seconds = perf_counter() - start
        return predict(load(bundle.versions(directory / "models" / "sentiment")[-1]), held_out.texts), seconds


def training_command(options: Options, data: Path, test: Path, directory: Path, seed: int) -> list[str]:
    """Return the command that trains the version further, on files that `rows.write` has written, into `directory`."""
    command = [sys.executable, "-m", "training.sentiment", "--data", str(data), "--test-data", str(test)]
    command += ["--text-column", "text", "--label-column", "label", "--start", str(options.start.resolve())]
    command += ["--seeds", str(seed), "--models-dir", str(directory / "models"), "--report", str(directory / "report")]
    command += ["--positive", options.columns.positive] if options.columns.positive else []
    return command + (["--preset", options.preset] if options.preset else [])


def _run(command: Sequence[str], timeout: float) -> None:
    try:
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise TrainingFailure(f"not done after {timeout:g} seconds") from None
    if run.returncode:
        lines = (run.stderr.strip() or run.stdout.strip()).splitlines()
        raise TrainingFailure(" ".join(lines[-MESSAGE_LINES:]))


def load(version: Path) -> SentimentClassifier:
    """Return the service's predictor of a version, with ONNX Runtime and one thread."""
    classifier = load_predictor(bundle.load(version, threads=1, backend="onnx"))
    assert isinstance(classifier, SentimentClassifier)
    return classifier


def predict(classifier: SentimentClassifier, texts: Sequence[str], classes: Sequence[str] | None = None) -> list[str]:
    """Return the label of every text: the most probable of the model's classes, or of those `classes` alone."""
    names = classifier.card.classes
    columns = [index for index, name in enumerate(names) if classes is None or name in classes]
    labels = [""] * len(texts)
    items = [classifier.prepare(text) for text in texts]
    for indices in classifier.make_batches(items):
        predictions = classifier.predict([items[index] for index in indices])
        for index, prediction in zip(indices, predictions, strict=True):
            labels[index] = names[max(columns, key=prediction.probabilities.__getitem__)]
    return labels
