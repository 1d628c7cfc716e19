"""Write a version and its compiled form, and verify both as the service will; a version that fails is removed."""

import importlib.metadata
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from service.artifacts import bundle, onnx
from service.artifacts.card import ForecastCard, SentimentCard
from service.artifacts.files import BundleError
from service.artifacts.golden import Golden, GoldenCase, verify
from service.artifacts.scaler import MinMax
from service.forecast.context_forecaster import LENGTHS, STEPS
from service.forecast.features.context_features import READING_FEATURES, STEP_FEATURES
from service.forecast.forecaster import Forecaster
from service.interfaces import Network
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier
from training.export import saved_model
from training.export.onnx_forecaster import compile_forecaster, compile_universal
from training.export.onnx_graph import CannotCompile
from training.export.onnx_review import compile_classifier
from training.export.target import check_target as check_target

LAYERS = "network.json"
AGREEMENT = 1e-5  # the two engines may differ by so much of the range of their outputs
SAMPLES = 64
WORDS_PER_SAMPLE = 600  # at most; more than a network reads


def in_memory(card: ForecastCard, scaler: MinMax | None, model: keras.Model) -> Forecaster:
    """Return the service's predictor for a Keras model that is not a version yet."""
    unverified = Golden(relative_tolerance=1e-4, absolute_tolerance=1e-4, cases=[GoldenCase(request={}, answer=[0.0])])
    forecaster = load_predictor(bundle.Bundle(card, scaler, unverified, runner(model)))
    assert isinstance(forecaster, Forecaster)
    return forecaster


def runner(model: keras.Model) -> Network:
    """Return a Keras forecaster as a function of arrays; in ONNX Runtime where it can be, which starts much faster."""
    try:
        return onnx.session(Path(model.name), to_onnx(model), threads=1)
    except CannotCompile:
        return lambda *arrays: {"output": np.asarray(model(saved_model.as_inputs(model, arrays), training=False))}


def to_onnx(model: keras.Model) -> bytes:
    """Convert a forecaster to ONNX. Raises CannotCompile."""
    return (compile_forecaster if len(model.inputs) == 1 else compile_universal)(model)


def save_classifier(
    models_dir: Path,
    card: SentimentCard,
    golden: Golden,
    network: keras.Model,
    vocabulary: Sequence[str],
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, SentimentClassifier]:
    """Call `save_verified` for a network that reads token numbers; the version gets a table of the `vocabulary`."""
    path, classifier = save_verified(
        models_dir,
        card,
        golden,
        lambda to: saved_model.write_classifier(to, vocabulary, network, card),
        network,
        vocabulary=vocabulary,
        files=files,
    )
    assert isinstance(classifier, SentimentClassifier)
    return path, classifier


def save_forecaster(
    models_dir: Path,
    card: ForecastCard,
    golden: Golden,
    model: keras.Model,
    *,
    scaler: MinMax | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """Call `save_verified` for a Keras forecaster."""
    return save_verified(
        models_dir, card, golden, lambda path: saved_model.write_forecaster(path, model), model, scaler=scaler
    )


def save_verified(
    models_dir: Path,
    card: ForecastCard | SentimentCard,
    golden: Golden,
    write_model: Callable[[Path], None],
    network: keras.Model,
    *,
    vocabulary: Sequence[str] | None = None,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """Save a version, load it, and verify its golden answers; the version is removed where they differ.

    `network` is what is compiled: a forecaster, or a classifier that reads token numbers of `vocabulary`. Its layers are
    written to `network.json`, so that it can be built again. Where it cannot be compiled, the version has no compiled
    form. Returns the version's path and the predictor that the service would run. Raises BundleError.
    """
    with tempfile.TemporaryDirectory() as scratch, _no_empty_directory(models_dir / card.name):
        layers = Path(scratch) / LAYERS
        layers.write_text(without_compilation(network.to_json()), "utf-8")
        path = bundle.save(
            models_dir, card, golden, write_model, scaler=scaler, files={LAYERS: layers, **(files or {})}
        )
    try:
        predictor = load_predictor(bundle.load(path, tuned=False))
        verify(predictor, golden, str(path))
        try:
            predictor = compile_verified(path, network, vocabulary)
        except CannotCompile as reason:
            print(f"{path} has no compiled form: {reason}", file=sys.stderr)
    except BaseException:
        with _no_empty_directory(path.parent):
            shutil.rmtree(path)
            raise
    return path, predictor


@contextmanager
def _no_empty_directory(model: Path) -> Iterator[None]:
    """Remove the directory of a model's versions if something fails and it holds none."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            model.rmdir()
        raise


def without_compilation(layers: str) -> str:
    """Return the JSON of a Keras network without the optimizers, losses and metrics of the models in it."""

    def drop(member: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in member.items() if key != "compile_config"}

    return json.dumps(json.loads(layers, object_hook=drop))


def compile_verified(
    path: Path, network: keras.Model, vocabulary: Sequence[str] | None
) -> Forecaster | SentimentClassifier:
    """Write a compiled form of `network` beside the SavedModel in `path` and verify it.

    It must give the golden answers, and it must agree with the SavedModel on random inputs; otherwise it is removed
    and an earlier one is put back. Returns the predictor that runs it. Raises CannotCompile and BundleError.
    """
    if vocabulary is None:
        content, words = to_onnx(network), None
    else:
        content, words = compile_classifier(network), list(vocabulary)
    with onnx.written(path, content, words):
        compiled, reference = bundle.load(path, backend="onnx"), bundle.load(path, tuned=False)
        predictor = load_predictor(compiled)
        verify(predictor, compiled.golden, str(path / onnx.DIRECTORY))
        difference = largest_difference(compiled, reference, vocabulary)
        if difference > AGREEMENT:
            raise BundleError(f"{path / onnx.DIRECTORY} differs from the SavedModel by up to {difference:g}")
    return predictor


def largest_difference(compiled: bundle.Bundle, reference: bundle.Bundle, vocabulary: Sequence[str] | None) -> float:
    """Return the largest difference between two engines of one version, over random inputs.

    Outputs of forecasters are compared relative to their range; texts are made of words of the `vocabulary`.
    """
    rng = np.random.default_rng(0)
    if isinstance(compiled.card, ForecastCard):
        inputs = _random_inputs(compiled.card, rng)
        outputs = [next(iter(loaded.network(*inputs).values())) for loaded in (compiled, reference)]
        return float(np.max(np.abs(outputs[0] - outputs[1])) / max(1.0, float(np.ptp(outputs[1]))))
    assert vocabulary is not None
    lengths = rng.integers(0, WORDS_PER_SAMPLE, SAMPLES)
    words = [*vocabulary[2:], "zzunknown", "ünseen"]
    texts = [" ".join(rng.choice(words, length)) + "." for length in lengths]
    answers = []
    for classifier in (SentimentClassifier(compiled), SentimentClassifier(reference)):
        predictions = classifier.predict([classifier.prepare(text) for text in texts])
        answers.append([[*p.probabilities, p.tokens_total, p.tokens_read, p.tokens_unknown] for p in predictions])
    first, second = np.array(answers)
    return float(np.max(np.abs(first - second)))


def _random_inputs(card: ForecastCard, rng: Generator) -> list[npt.NDArray[np.float32]]:
    """Return the inputs of one call: windows that have a logarithm, or normal features where it reads a context."""
    if card.reads == "window":
        return [rng.uniform(0.2, 1.2, (SAMPLES, card.window, 1)).astype(np.float32)]
    shapes = ((SAMPLES, LENGTHS[2], READING_FEATURES), (SAMPLES, STEPS[1], STEP_FEATURES))
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def made_with(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of the named packages, for the card."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}
