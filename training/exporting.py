"""Write a version and its compiled form, and prove both as the service will, or leave nothing behind."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from service import bundle, compiled
from service.card import ForecastCard, SentimentCard
from service.engine import prove
from service.files import BundleError
from service.predictors import Forecaster, SentimentClassifier, predictor
from service.scaling import MinMax
from training.compiling import CannotCompile, compile_classifier, compile_forecaster

AGREEMENT = 1e-5  # between the two engines, of the range of what they answer
SAMPLES = 64
WORDS_PER_SAMPLE = 600  # at most; more than a network reads


def save_proven(
    models_dir: Path,
    card: ForecastCard | SentimentCard,
    golden: bundle.Golden,
    write_model: Callable[[Path], None],
    network: keras.Model,
    *,
    vocabulary: Sequence[str] | None = None,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> tuple[Path, Forecaster | SentimentClassifier]:
    """`bundle.save`, then load the version and replay its golden answers; it is removed if they differ.

    `network` is what is compiled: the forecaster, or the classifier from token numbers to logit with the
    `vocabulary` of its tokeniser. A network with layers that cannot be compiled is saved without a compiled form.
    Returns the version's path and the predictor that the service would run. Raises BundleError.
    """
    path = bundle.save(models_dir, card, golden, write_model, scaler=scaler, files=files)
    try:
        loaded = predictor(bundle.load(path, tuned=False))
        prove(loaded, golden, str(path))
        try:
            loaded = compile_proven(path, network, vocabulary)
        except CannotCompile as reason:
            print(f"{path} has no compiled form: {reason}", file=sys.stderr)
    except BaseException:
        shutil.rmtree(path)
        raise
    return path, loaded


def compile_proven(
    path: Path, network: keras.Model, vocabulary: Sequence[str] | None
) -> Forecaster | SentimentClassifier:
    """Put a compiled form of `network` beside the SavedModel in `path` and prove it; it is taken back if it differs.

    It must give the golden answers, and what the SavedModel gives for made-up inputs. Raises CannotCompile,
    BundleError.
    """
    if vocabulary is None:
        content, words = compile_forecaster(network), None
    else:
        content, words = compile_classifier(network), list(vocabulary)
    with compiled.written(path, content, words):
        fast, slow = bundle.load(path, engine="onnx"), bundle.load(path, tuned=False)
        found = predictor(fast)
        prove(found, fast.golden, str(path / compiled.DIRECTORY))
        worst = difference(fast, slow, vocabulary)
        if worst > AGREEMENT:
            raise BundleError(f"{path / compiled.DIRECTORY} differs from the SavedModel by up to {worst:g}")
    return found


def difference(fast: bundle.Bundle, slow: bundle.Bundle, vocabulary: Sequence[str] | None) -> float:
    """The largest difference between two engines of one version, over made-up inputs, scaled by the answers' range."""
    chance = np.random.default_rng(0)
    if isinstance(fast.card, ForecastCard):
        windows = chance.uniform(-0.5, 1.5, (SAMPLES, fast.card.window, 1)).astype(np.float32)
        ours, theirs = (next(iter(loaded.run(windows).values())) for loaded in (fast, slow))
        return float(np.max(np.abs(ours - theirs)) / max(1.0, float(np.ptp(theirs))))
    assert vocabulary is not None
    lengths = chance.integers(0, WORDS_PER_SAMPLE, SAMPLES)
    texts = [" ".join(chance.choice([*vocabulary[2:], "zzunknown"], length)) + "." for length in lengths]
    answers = []
    for model in (SentimentClassifier(fast), SentimentClassifier(slow)):
        judged = model.predict([model.prepare(text) for text in texts])
        answers.append([[j.positive, j.tokens_total, j.tokens_read, j.tokens_unknown] for j in judged])
    ours, theirs = np.array(answers)
    return float(np.max(np.abs(ours - theirs)))
